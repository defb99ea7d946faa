using System.Text;
using ActorSmtp.Protocol.Mime;
using ActorSmtp.Web.Reading;
using ActorSmtp.Web.Routing;
using ActorSmtp.Server.Inspection;
using Microsoft.Net.Http.Headers;

namespace ActorSmtp.Web.Api;

/// <summary>One message: what it says, what it is made of, and its bytes.</summary>
internal static class MessageRoutes
{
    private const string One = "/api/mailboxes/{name}/messages/{key}";

    private static readonly string[] Shown = ["image/png", "image/jpeg", "image/gif", "image/webp"];

    public static IEnumerable<ApiRoute> Of(ConsoleServices services)
    {
        var mail = services.Mail;
        return new Routes("Messages")
            .Get(One, "A message whole; it does not count as seen by that.", async call =>
            {
                var (name, key) = Named(call);
                var session = IdOf(key) is { } id && services.Parts.Inspection.Stories is { } stories
                    ? await stories.RecentSessionOfAsync(id, call.Cancellation).ConfigureAwait(false)      // opening an old message must not read the log
                    : null;
                return await mail.DetailAsync(name, key, session, call.Cancellation).ConfigureAwait(false) ?? throw new ProblemException(NoMessage);
            })
            .Patch<MessageChange, MessageSummary>(One, "Changes flags or tags.", (call, change) => ChangeAsync(services, call, change))
            .Delete(One, "Removes a message.", async call =>
            {
                var (name, key) = Named(call);
                if ((await services.RemoveAsync(name, [key], call.Cancellation).ConfigureAwait(false)).IsEmpty)
                {
                    throw new ProblemException(NoMessage);
                }
            })
            .GetContent(One + "/raw", "A message as it is stored.", "message/rfc822", call => RawAsync(services, call), new QueryParameter("download", "1: as a file to keep.", "boolean"))
            .GetContent(One + "/text", "The plain text of a message.", "text/plain", call => ReadAsync(services, call, message =>
                MimeBodies.Text(message) is { } text
                    ? new Content("text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text))
                    : throw new ProblemException(Problem.NotFound("The message has no plain text"))))
            .GetContent(One + "/html", "The HTML of a message, for a sandboxed frame.", "text/html", call => HtmlAsync(services, call),
                new QueryParameter("remote", "1: pictures and fonts may be fetched from where the mail says.", "boolean"))
            .GetContent(One + "/parts/{part}", "The decoded content of a part.", "*/*", call => PartAsync(services, call),
                new QueryParameter("inline", "1: shown, where it is a picture; else a file to keep.", "boolean"))
            .Get(One + "/transcript", "What was said in the session which brought it.", async call =>
            {
                var stories = Stories(services);
                var id = IdOf(Named(call).Key) ?? throw new ProblemException(Problem.NotFound("Another program put the message there; it came by no session"));
                var session = await stories.SessionOfAsync(id, call.Cancellation).ConfigureAwait(false);
                return (session is null ? null : await stories.TranscriptAsync(session, call.Cancellation).ConfigureAwait(false))
                    ?? throw new ProblemException(Problem.NotFound("The session is not kept any more"));
            })
            .Get(One + "/story", "What happened to it, in order.", async call =>
            {
                var id = IdOf(Named(call).Key) ?? throw new ProblemException(Problem.NotFound("Another program put the message there; nothing is known of it"));
                return await Stories(services).ExplainAsync(id, call.Cancellation).ConfigureAwait(false)
                    ?? throw new ProblemException(Problem.NotFound("Nothing is kept of it any more"));
            });
    }

    private static Problem NoMessage { get; } = Problem.NotFound("There is no such message; it was removed, or never was in this mailbox");

    private static (string Name, string Key) Named(ApiCall call) => (call.Part("name"), call.Part("key"));

    private static ISessionStories Stories(ConsoleServices services) =>
        services.Parts.Inspection.Stories ?? throw new ProblemException(Problem.NotAvailable("Nothing is kept of sessions here"));

    /// <summary>The server's id in a key, <c>seconds.ID.actorsmtp</c>.</summary>
    private static string? IdOf(string key) => key.Split('.') is [_, var id, "actorsmtp"] ? id : null;

    private static async Task<MessageSummary> ChangeAsync(ConsoleServices services, ApiCall call, MessageChange change)
    {
        var (name, key) = Named(call);
        foreach (var tag in change.Tags ?? [])
        {
            if (Tags.Mistake(tag) is { } mistake)
            {
                call.Mistake("tags", mistake);
            }
        }

        if (change.Tags?.Length > Tags.MostOfMessage)
        {
            call.Mistake("tags", $"a message has at most {Tags.MostOfMessage}");
        }

        call.Check();
        return await services.ChangeAsync(name, key, change, call.Cancellation).ConfigureAwait(false) ?? throw new ProblemException(NoMessage);
    }

    private static async Task RawAsync(ConsoleServices services, ApiCall call)
    {
        var (name, key) = Named(call);
        var download = call.Flag("download");
        call.Check();
        var content = await services.Index.OpenAsync(name, key, call.Cancellation).ConfigureAwait(false) ?? throw new ProblemException(NoMessage);
        await using (content.ConfigureAwait(false))
        {
            var response = call.Http.Response;
            response.ContentType = download ? "message/rfc822" : "text/plain; charset=utf-8";
            if (call.Http.Request.Headers.Accept.ToString().Contains("message/rfc822", StringComparison.Ordinal))
            {
                response.ContentType = "message/rfc822";
            }

            response.ContentLength = content.Length;
            response.Headers.CacheControl = "private, no-cache";
            if (download)
            {
                response.Headers.ContentDisposition = Attached(FileNames.Safe($"{IdOf(key) ?? "message"}.eml"));
            }

            await content.CopyToAsync(response.Body, 64 * 1024, call.Cancellation).ConfigureAwait(false);
        }
    }

    private static Task HtmlAsync(ConsoleServices services, ApiCall call)
    {
        var remote = call.Flag("remote");
        call.Check();
        return ReadAsync(services, call, message =>
        {
            var html = MailFrame.Of(message) ?? throw new ProblemException(Problem.NotFound("The message has no HTML"));
            return new Content("text/html; charset=utf-8", Encoding.UTF8.GetBytes(html)) { Policy = MailFrame.PolicyOf(remote) };
        });
    }

    private static Task PartAsync(ConsoleServices services, ApiCall call)
    {
        var (number, inline) = (call.Part("part"), call.Flag("inline"));
        call.Check();
        return ReadAsync(services, call, message =>
        {
            var part = Details.Part(message, number) ?? throw new ProblemException(Problem.NotFound("The message has no such part"));
            var type = part.ContentType.MediaType;
            var isShown = inline && Shown.Contains(type);
            return new Content(isShown ? type : "application/octet-stream", part.DecodeContent())
            {
                Disposition = isShown ? null : Attached(FileNames.Safe(part.FileName, part.ContentType.Type == "message" ? "message.eml" : "part")),
            };
        });
    }

    private static string Attached(string name)
    {
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(name);
        return disposition.ToString();
    }

    /// <summary>Answers what is made of a message. Of the message itself nothing is held while the reader takes its time.</summary>
    private static async Task ReadAsync(ConsoleServices services, ApiCall call, Func<MimeEntity, Content> make)
    {
        var (name, key) = Named(call);
        var content = await services.Mail.ReadAsync(name, key, make, call.Cancellation).ConfigureAwait(false) ?? throw new ProblemException(NoMessage);
        using var held = services.Mail.Hold(content.Octets.Length);
        var response = call.Http.Response;
        response.ContentType = content.Type;
        response.ContentLength = content.Octets.Length;
        response.Headers.CacheControl = "private, no-cache";
        if (content.Disposition is not null)
        {
            response.Headers.ContentDisposition = content.Disposition;
        }

        if (content.Policy is not null)
        {
            response.Headers.ContentSecurityPolicy = content.Policy;
        }

        await response.Body.WriteAsync(content.Octets, call.Cancellation).ConfigureAwait(false);
    }

    /// <param name="Type">Its media type.</param>
    private sealed record Content(string Type, byte[] Octets)
    {
        public string? Disposition { get; init; }

        /// <summary>Of its own, instead of the pages'.</summary>
        public string? Policy { get; init; }
    }
}

/// <summary>What is to be changed; what is absent stays.</summary>
internal sealed record MessageChange
{
    public bool? Seen { get; init; }

    public bool? Flagged { get; init; }

    /// <summary>All its tags from now on.</summary>
    public string[]? Tags { get; init; }
}
