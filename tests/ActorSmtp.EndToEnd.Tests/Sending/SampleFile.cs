namespace ActorSmtp.EndToEnd.Tests.Sending;

/// <summary>A file to attach that any careless hand would damage: every octet, line ends of all kinds, dots at line starts, the end of DATA.</summary>
internal static class SampleFile
{
    public static byte[] Octets { get; } =
        [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. "\r\n.\r\n..\n.\nQUIT\r\n\0\r\r\n"u8, .. Enumerable.Range(0, 100_000).Select(i => (byte)(i * i >> 3))];
}
