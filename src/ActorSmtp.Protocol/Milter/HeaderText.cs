using System.Text;

namespace ActorSmtp.Protocol.Milter;

/// <summary>Makes whole lines of a field that a filter wants. Whatever its value holds, one field stays one field.</summary>
internal static class HeaderText
{
    /// <param name="leadingSpace">The value brings the space behind the colon itself.</param>
    public static byte[] Of(string name, ReadOnlySpan<byte> value, bool leadingSpace)
    {
        var text = new List<byte>(name.Length + value.Length + 8);
        text.AddRange(Encoding.ASCII.GetBytes(name));
        text.Add((byte)':');
        if (!leadingSpace && value is not [(byte)' ' or (byte)'\t', ..])
        {
            text.Add((byte)' ');
        }

        value = value.TrimEnd("\r\n"u8);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '\r')
            {
                continue;
            }

            if (value[i] != '\n')
            {
                text.Add(value[i]);
                continue;
            }

            text.AddRange("\r\n"u8);
            var next = i + 1;
            while (next < value.Length && value[next] == '\r')
            {
                next++;
            }

            if (next >= value.Length || value[next] is not ((byte)' ' or (byte)'\t'))
            {
                text.Add((byte)'\t');                           // else the next line were a field of its own, or the end of the header
            }
        }

        text.AddRange("\r\n"u8);
        return [.. text];
    }
}
