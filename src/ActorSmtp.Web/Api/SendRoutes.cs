using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Web.Composing;
using ActorSmtp.Web.Routing;

namespace ActorSmtp.Web.Api;

/// <summary>Mail written in a form. The dialogue is shown line by line where the caller takes events.</summary>
internal static class SendRoutes
{
    private const int MostLines = 5000;

    public static IEnumerable<ApiRoute> Of(ConsoleServices services) => new Routes("Compose")
        .With(new ApiRoute("POST", "/api/send", "Compose", "Sends a message; with Accept: text/event-stream the dialogue comes as events line, then result.", call => SendAsync(services, call))
        {
            Body = typeof(SendForm),
            Answer = typeof(SendResult),
            MostOctets = (services.Parts.Settings.Server.Limits.MessageSize * 14 / 10) + (1 << 20),
        });

    private static async Task SendAsync(ConsoleServices services, ApiCall call)
    {
        var form = await call.BodyAsync<SendForm>().ConfigureAwait(false);
        var began = services.Parts.Time.GetUtcNow();
        var message = Composition.Of(call, form, services.Parts.Settings.Server.Hostname, began);
        var lines = Channel.CreateBounded<DialogueLine>(new BoundedChannelOptions(MostLines) { FullMode = BoundedChannelFullMode.DropWrite });
        var request = await Composition.RouteAsync(
            call, form.Server, services, message,
            line => lines.Writer.TryWrite(new DialogueLine(began + line.At, line.FromServer ? "server" : "client", line.Text))).ConfigureAwait(false);

        var isStream = call.Http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal);
        var transcript = new List<DialogueLine>();
        var sending = TalkAsync(services, request, message, transcript, lines.Writer, call.Cancellation);
        if (isStream)
        {
            EventRoutes.Begin(call);
        }

        await foreach (var line in lines.Reader.ReadAllAsync(call.Cancellation).ConfigureAwait(false))
        {
            transcript.Add(line);
            if (isStream)
            {
                EventRoutes.Write(call.Http.Response.BodyWriter, null, "line", JsonSerializer.SerializeToUtf8Bytes(line, Json.Options));
                await call.Http.Response.BodyWriter.FlushAsync(call.Cancellation).ConfigureAwait(false);
            }
        }

        var result = await sending.ConfigureAwait(false);
        if (!isStream)
        {
            await call.AnswerAsync(result).ConfigureAwait(false);
            return;
        }

        EventRoutes.Write(call.Http.Response.BodyWriter, null, "result", JsonSerializer.SerializeToUtf8Bytes(result, Json.Options));
        await call.Http.Response.BodyWriter.FlushAsync(call.Cancellation).ConfigureAwait(false);
    }

    private static async Task<SendResult> TalkAsync(
        ConsoleServices services, SendRequest request, Composition message, List<DialogueLine> transcript, ChannelWriter<DialogueLine> lines, CancellationToken cancellation)
    {
        var watch = Stopwatch.GetTimestamp();
        try
        {
            await using var sender = new MailSender(services.Parts.Transport, services.Parts.Time);
            var outcome = await sender.SendAsync(request, cancellation).ConfigureAwait(false);
            var reply = outcome.Results.FirstOrDefault(r => r.Accepted)?.Reply?.Text ?? "";
            return new SendResult(
                outcome.AllAccepted,
                reply.LastIndexOf("queued as ", StringComparison.OrdinalIgnoreCase) is var at and >= 0 ? reply[(at + "queued as ".Length)..].Trim() : null,
                message.MessageId,
                [.. outcome.Results.Select(r => new SentRecipient(r.Recipient.ToString(), r.Accepted, r.Reply?.ToString() ?? r.Why ?? ""))],
                outcome.Failure is { } failure ? $"{failure.Phase}: {failure.Reply?.ToString() ?? failure.Why}" : null,
                outcome.Tls?.ToString(),
                (long)Stopwatch.GetElapsedTime(watch).TotalMilliseconds,
                transcript);
        }
        catch (ComposeException wrong)
        {
            return new SendResult(false, null, message.MessageId, [], wrong.Message, null, (long)Stopwatch.GetElapsedTime(watch).TotalMilliseconds, transcript);
        }
        finally
        {
            lines.TryComplete();
        }
    }
}
