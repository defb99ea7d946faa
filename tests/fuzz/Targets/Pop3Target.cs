using System.Buffers;
using System.Text;
using ActorSmtp.Protocol.Pop3;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>
/// POP3: commands give no exception and mean the same twice; a message goes out in whole lines that no client can take for its end, however it is
/// cut, and TOP's part is its beginning; a unique id is one that RFC 1939 allows.
/// </summary>
internal sealed class Pop3Target : FuzzTarget
{
    public override string Name => "pop3";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "USER ann@example.com", "PASS two words ", "AUTH PLAIN AGEAYg==", "AUTH", "CAPA", "STLS", "STAT", "LIST 2", "UIDL", "RETR 99999999999", "TOP 1 10", "DELE 0", "RSET", "NOOP", "QUIT",
        "Subject: a\r\n\r\n.\r\n..\r\nbody\r\n", "Subject: a\n\n.\nbody", "A: b\r\r.\rbody\r", "\r\n.\r\n.\r\n", "1767268800.1KZ2X3.actorsmtp", "1767268800.M1P2.host,S=123:2,S");

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets("RETR ", "TOP ", "LIST ", "PASS ", "AUTH ", "\r\n\r\n", "\n\n", "..", "\r\n.", "\n.\r\n", "\r.\r", "2147483648", "-1")];

    public override void Try(byte[] input, Dice dice)
    {
        Command(input);
        var whole = Out(input, dice, null, pieces: false);
        Lines(whole);
        Hold(whole.SequenceEqual(Out(input, dice, null, pieces: true)), "a message that is cut goes out otherwise");
        var lines = dice.Next(6);
        var top = Out(input, dice, lines, pieces: false);
        Lines(top);
        Hold(top.SequenceEqual(Out(input, dice, lines, pieces: true)), "the top of a message that is cut is another");
        Hold(whole.AsSpan().StartsWith(top.AsSpan(0, top.Length - 3)), "the top of a message is not its beginning");
        var id = UniqueId.Of(Encoding.Latin1.GetString(input));
        Hold(id.Length is > 0 and <= UniqueId.Longest && id.All(c => c is >= '!' and <= '~'), $"a unique id that is none: {id}");
    }

    private static void Command(byte[] input)
    {
        var command = Pop3Parser.Parse(input);
        Hold(command.Equals(Pop3Parser.Parse(input)), "twice the same line is two commands");
        Hold(command is not Pop3Command.Malformed { Because.IsOk: true }, "malformed and taken");
        Hold(command is not (Pop3Command.Retr { Message: < 0 } or Pop3Command.Dele { Message: < 0 } or Pop3Command.List { Message: < 0 } or Pop3Command.Top { Lines: < 0 }), "a negative number");
    }

    private static byte[] Out(byte[] message, Dice dice, int? lines, bool pieces)
    {
        var output = new ArrayBufferWriter<byte>();
        var encoder = new BodyEncoder();
        var top = lines is { } most ? new TopLines(most) : null;
        for (var at = 0; at < message.Length && top is not { IsComplete: true };)
        {
            var piece = message.AsSpan(at, pieces ? Piece(dice, message.Length - at) : message.Length - at);
            at += piece.Length;
            encoder.Encode(top is null ? piece : piece[..top.Take(piece)], output);
        }

        encoder.Finish(output);
        return output.WrittenSpan.ToArray();
    }

    private static void Lines(byte[] sent)
    {
        var text = Encoding.Latin1.GetString(sent);
        Hold(text == ".\r\n" || text.EndsWith("\r\n.\r\n", StringComparison.Ordinal), "an answer without its end");
        Hold(text.Length == 3 || text.IndexOf("\r\n.\r\n", StringComparison.Ordinal) == text.Length - 5, "an answer that ends before its end");
        Hold(text.Length == 3 || !text.StartsWith(".\r\n", StringComparison.Ordinal), "an answer that ends at its beginning");
        Hold(!text.Replace("\r\n", "", StringComparison.Ordinal).AsSpan().ContainsAny('\r', '\n'), "a CR or LF alone");
    }
}
