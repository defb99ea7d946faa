using ActorSmtp.Fuzzing.Targets;

namespace ActorSmtp.Fuzzing;

/// <summary>Everything that is fuzzed.</summary>
public static class FuzzTargets
{
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FramerTarget(),
        new CommandTarget(),
        new Pop3Target(),
        new DataTarget(),
        new ChunkTarget(),
        new SaslTarget(),
        new MimeTarget(),
        new HoconTarget(),
        new ProxyTarget(),
        new UserLineTarget(),
        new JournalTarget(),
        new DnsTarget(),
        new MilterTarget(),
    ];
}
