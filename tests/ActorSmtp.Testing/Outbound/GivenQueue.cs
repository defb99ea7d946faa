using System.Net;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Delivery;
using ActorSmtp.Protocol.Smtp;
using ActorSmtp.Server.Outbound;

namespace ActorSmtp.Testing.Outbound;

/// <summary>Messages and attempts that a test puts into a queue itself.</summary>
public sealed class GivenQueue(TimeProvider time)
{
    private readonly MailIdGenerator _ids = new(7);

    /// <summary>A message for other servers.</summary>
    /// <param name="from">The sender; empty for a bounce.</param>
    /// <param name="to">Recipients.</param>
    public Envelope Envelope(string from, params string[] to) => new()
    {
        Id = _ids.Next(time.GetUtcNow()),
        ReceivedAt = time.GetUtcNow(),
        From = new ReversePath(from.Length == 0 ? null : Mailbox.Parse(from)),
        Recipients = [.. to.Select(t => new Recipient(Mailbox.Parse(t)))],
        SessionId = "s-1",
        User = "ann",
    };

    /// <summary>An attempt at mx.DESTINATION [192.0.2.1]:25 that a reply decided alike for these recipients.</summary>
    /// <param name="reply">As on the wire, in one line.</param>
    public AttemptReport Answered(string destination, string reply, params int[] recipients)
    {
        var heard = Reply(reply);
        var kind = heard.IsPositive ? OutcomeKind.Delivered : heard.IsPermanent ? OutcomeKind.Never : OutcomeKind.Later;
        return new AttemptReport
        {
            At = time.GetUtcNow(),
            Took = TimeSpan.FromMilliseconds(250),
            Destination = destination,
            Host = $"mx.{destination}",
            Address = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25),
            TlsPolicy = "opportunistic",
            Tls = new TlsUsed("1.3", "TLS_AES_256_GCM_SHA384", null),
            Phase = ClientState.Deciding,
            Outcomes = [.. recipients.Select(r => new RecipientOutcome(r, kind, heard.Enhanced ?? new EnhancedCode(heard.Code / 100, 0, 0), heard, null))],
        };
    }

    /// <summary>An attempt that reached nobody.</summary>
    public AttemptReport Unreached(string destination, string why, params int[] recipients) => new()
    {
        At = time.GetUtcNow(),
        Took = TimeSpan.FromSeconds(30),
        Destination = destination,
        Host = $"mx.{destination}",
        Address = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 25),
        Phase = ClientState.Connecting,
        Outcomes = [.. recipients.Select(r => new RecipientOutcome(r, OutcomeKind.Later, new EnhancedCode(4, 4, 1), null, null))],
        Why = why,
    };

    /// <summary>A reply of one line.</summary>
    public static ServerReply Reply(string line)
    {
        var code = int.Parse(line.AsSpan(0, 3), System.Globalization.CultureInfo.InvariantCulture);
        var text = line[4..];
        return EnhancedCode.TryParse(text, out var enhanced, out var length) ? new ServerReply(code, enhanced, [text[length..].Trim()]) : new ServerReply(code, null, [text]);
    }
}
