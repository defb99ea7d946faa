namespace ActorSmtp.Protocol.Arc;

/// <summary>Bounds of chains.</summary>
internal static class ArcLimits
{
    /// <summary>RFC 8617 §4.2.1: a chain has at most 50 sets.</summary>
    public const int MostSets = 50;
}
