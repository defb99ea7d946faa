namespace ActorSmtp.Protocol.Mime;

/// <summary>
/// How much structure a reader follows before it stops and records a defect. What lies beyond is kept as raw bytes.
/// </summary>
/// <param name="MaxDepth">How deep multiparts and attached messages may nest.</param>
/// <param name="MaxParts">How many entities a message may have in all.</param>
/// <param name="MaxHeaderFields">Fields kept of one header section.</param>
/// <param name="MaxHeaderBytes">Bytes kept of one header section.</param>
public sealed record MimeLimits(int MaxDepth, int MaxParts, int MaxHeaderFields, int MaxHeaderBytes)
{
    /// <summary>More than any honest mail has, little enough for a hostile one.</summary>
    public static MimeLimits Ample { get; } = new(MaxDepth: 32, MaxParts: 1000, MaxHeaderFields: 1000, MaxHeaderBytes: 1 << 20);
}
