using System.Text;
using ActorSmtp.Protocol.Pop3;

namespace ActorSmtp.Protocol.Tests.Pop3;

/// <summary>TOP: the header, the blank line, and so many lines, wherever the message is cut.</summary>
public sealed class TopLinesTests
{
    [Theory]
    [InlineData("A: b\r\n\r\none\r\ntwo\r\n", 0, "A: b\r\n\r\n")]
    [InlineData("A: b\r\n\r\none\r\ntwo\r\n", 1, "A: b\r\n\r\none\r\n")]
    [InlineData("A: b\r\n\r\none\r\ntwo\r\n", 2, "A: b\r\n\r\none\r\ntwo\r\n")]
    [InlineData("A: b\r\n\r\none\r\ntwo\r\n", 9, "A: b\r\n\r\none\r\ntwo\r\n")]
    [InlineData("A: b\n\none\ntwo\n", 1, "A: b\n\none\n")]
    [InlineData("A: b\r\rone\rtwo\r", 1, "A: b\r\rone\r")]
    [InlineData("A: b\r\n\n\r\none\r\n", 1, "A: b\r\n\n\r\n")]
    [InlineData("A: b\r\n", 3, "A: b\r\n")]
    [InlineData("A: b", 0, "A: b")]
    [InlineData("", 0, "")]
    [InlineData("\r\nbody\r\n", 0, "\r\n")]
    [InlineData("A: b\r\n\r\n\r\n\r\nx\r\n", 2, "A: b\r\n\r\n\r\n\r\n")]
    public void So_much_belongs_to_it_however_it_is_cut(string message, int lines, string expected)
    {
        for (var piece = 1; piece <= message.Length + 1; piece++)
        {
            var top = new TopLines(lines);
            var taken = new StringBuilder();
            for (var at = 0; at < message.Length && !top.IsComplete; at += piece)
            {
                var octets = Encoding.ASCII.GetBytes(message[at..Math.Min(message.Length, at + piece)]);
                taken.Append(Encoding.ASCII.GetString(octets[..top.Take(octets)]));
            }

            // A line that ended with a CR is complete; its LF, in the next piece, is not asked for.
            Assert.Equal(expected.TrimEnd('\n'), taken.ToString().TrimEnd('\n'));
        }
    }
}
