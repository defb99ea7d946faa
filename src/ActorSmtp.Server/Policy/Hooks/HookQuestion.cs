using System.Buffers;
using System.Net;
using System.Text.Json;
using ActorSmtp.Server.Settings;

namespace ActorSmtp.Server.Policy.Hooks;

/// <summary>What a hook is asked: a document of JSON, whose form docs/gatekeeping.md and docs/http-hook.schema.json tell.</summary>
internal static class HookQuestion
{
    /// <summary>Of the form.</summary>
    public const int Version = 1;

    /// <summary>Recipients that are named; how many there are is told besides.</summary>
    private const int MostRecipients = 1000;

    private static readonly JsonWriterOptions s_options = new() { SkipValidation = true };

    /// <summary>The document.</summary>
    /// <param name="seen">What went by of the message; null: nothing is shown.</param>
    public static ReadOnlyMemory<byte> Write(HttpHookSettings hook, PolicySteps step, PolicyFacts facts, HookTap? seen)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, s_options))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("hook", hook.Name);
            json.WriteString("step", step switch { PolicySteps.Mail => "mail", PolicySteps.Rcpt => "rcpt", _ => "content" });
            WriteSession(json, facts);
            WriteTransaction(json, step, facts);
            if (step == PolicySteps.Content)
            {
                json.WriteNumber("octets", facts.Octets);
                if (seen is not null)
                {
                    WriteContent(json, hook, seen);
                }
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteSession(Utf8JsonWriter json, PolicyFacts facts)
    {
        var session = facts.Session;
        json.WriteString("server", session.Hostname);
        json.WriteString("listener", session.Listener);
        json.WriteString("role", session.Role.ToString().ToLowerInvariant());
        json.WriteString("session", session.Id);
        json.WriteStartObject("client");
        json.WriteString("address", session.Peer is { } peer ? Address(peer) : null);
        json.WriteNumber("port", session.Peer?.Port ?? 0);
        json.WriteString("name", session.PeerName);
        json.WriteString("helo", facts.Hello?.Name);
        json.WriteString("user", facts.User);
        json.WriteString("tls", facts.Tls is { } tls ? $"TLSv{tls.Version} {tls.CipherSuite}" : null);
        json.WriteEndObject();
        json.WriteNumber("score", facts.Score);
    }

    private static void WriteTransaction(Utf8JsonWriter json, PolicySteps step, PolicyFacts facts)
    {
        if (facts.Transaction is not { } transaction)
        {
            return;
        }

        json.WriteString("message", transaction.Id.ToString());
        json.WriteString("sender", facts.Sender?.Mailbox?.ToString() ?? "");
        if (step == PolicySteps.Mail)
        {
            json.WriteNumber("size", transaction.Mail.Parameters.Size ?? 0);
            return;
        }

        if (step == PolicySteps.Rcpt)
        {
            json.WriteString("recipient", facts.Recipient!.Address.ToString());
        }

        json.WriteNumber("recipientCount", transaction.Count);
        json.WriteStartArray("recipients");
        foreach (var recipient in transaction.InOrder().Take(MostRecipients))
        {
            json.WriteStringValue(recipient.Address.ToString());
        }

        json.WriteEndArray();
    }

    private static void WriteContent(Utf8JsonWriter json, HttpHookSettings hook, HookTap seen)
    {
        json.WriteBase64String(hook.Content == HookContent.All ? "content" : "header", seen.Octets);
        json.WriteBoolean("truncated", seen.IsCut);
    }

    private static string Address(IPEndPoint peer) => (peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address).ToString();
}
