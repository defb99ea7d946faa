using System.Globalization;
using System.Text;

namespace ActorSmtp.Client.Load;

/// <summary>Everything a load's sessions say, built once and shared by all of them.</summary>
internal sealed class LoadScript
{
    private const string Number = "{n}";
    private readonly byte[][] _mail;
    private readonly byte[][] _rcpt;

    public LoadScript(LoadPlan plan)
    {
        _mail = Commands("MAIL FROM:<", plan.From, plan.Spread);
        _rcpt = Commands("RCPT TO:<", plan.To, plan.Spread);
        var message = Message(plan);
        Size = message.Length;
        Body = plan.Chunking
            ? [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"BDAT {message.Length} LAST\r\n")), .. message]
            : [.. message, .. ".\r\n"u8];
    }

    public static ReadOnlySpan<byte> Hello => "EHLO generator.bench.test\r\n"u8;

    public static ReadOnlySpan<byte> StartTls => "STARTTLS\r\n"u8;

    public static ReadOnlySpan<byte> Data => "DATA\r\n"u8;

    public static ReadOnlySpan<byte> Quit => "QUIT\r\n"u8;

    /// <summary>Octets of the message alone.</summary>
    public int Size { get; }

    /// <summary>The message with what ends it, or with BDAT before it. No line of it begins with a dot, so there is nothing to stuff.</summary>
    public byte[] Body { get; }

    public byte[] Mail(long number) => _mail[number % _mail.Length];

    public byte[] Rcpt(long number) => _rcpt[number % _rcpt.Length];

    private static byte[][] Commands(string verb, string pattern, int spread) =>
        [.. Enumerable.Range(0, pattern.Contains(Number, StringComparison.Ordinal) ? spread : 1)
            .Select(i => Encoding.ASCII.GetBytes(
                $"{verb}{pattern.Replace(Number, i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)}>\r\n"))];

    /// <summary>A small header, then lines of 76 letters up to the size asked for.</summary>
    private static byte[] Message(LoadPlan plan)
    {
        var head = Encoding.ASCII.GetBytes(
            $"From: <{plan.From.Replace(Number, "0", StringComparison.Ordinal)}>\r\nTo: <{plan.To.Replace(Number, "0", StringComparison.Ordinal)}>\r\n"
            + "Subject: bench\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
            + "Message-ID: <bench@bench.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n");
        var message = new byte[Math.Max(plan.Size, head.Length + 3)];
        head.CopyTo(message, 0);
        for (int at = head.Length, column = 0; at < message.Length; at++, column = (column + 1) % 78)
        {
            message[at] = column == 76 ? (byte)'\r' : column == 77 ? (byte)'\n' : (byte)('A' + ((column + (at / 78)) % 26));
        }

        // Whatever stands there, the message ends with exactly one line end.
        var last = message.AsSpan(message.Length - 3);
        last[0] = (byte)'Z';
        last[1] = (byte)'\r';
        last[2] = (byte)'\n';
        return message;
    }
}
