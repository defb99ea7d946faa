using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Protocol.Milter;

/// <summary>What was settled with a filter when the connection began.</summary>
/// <param name="Version">2 to 6.</param>
/// <param name="Actions">What it may ask for at the end of a message.</param>
/// <param name="Steps">What it does not want to hear, or does not answer.</param>
public sealed record MilterOptions(int Version, MilterActions Actions, MilterSteps Steps)
{
    /// <summary>The version that is offered.</summary>
    public const int Newest = 6;

    private const int Oldest = 2;
    private const int MostMacros = 100;

    /// <summary>The macros that it wants at a stage, where it said so (<c>SMFIR_SETSYMLIST</c>).</summary>
    public ImmutableDictionary<MilterStage, ImmutableArray<string>> Macros { get; init; } = ImmutableDictionary<MilterStage, ImmutableArray<string>>.Empty;

    /// <summary>Whether it wants a command at all.</summary>
    public bool Wants(MilterCommand command) => command switch
    {
        MilterCommand.Connect => !Steps.HasFlag(MilterSteps.NoConnect),
        MilterCommand.Hello => !Steps.HasFlag(MilterSteps.NoHello),
        MilterCommand.Mail => !Steps.HasFlag(MilterSteps.NoMail),
        MilterCommand.Rcpt => !Steps.HasFlag(MilterSteps.NoRcpt),
        MilterCommand.Data => Version >= 4 && !Steps.HasFlag(MilterSteps.NoData),
        MilterCommand.Header => !Steps.HasFlag(MilterSteps.NoHeaders),
        MilterCommand.HeaderEnd => !Steps.HasFlag(MilterSteps.NoHeaderEnd),
        MilterCommand.Body => !Steps.HasFlag(MilterSteps.NoBody),
        MilterCommand.Unknown => Version >= 3 && !Steps.HasFlag(MilterSteps.NoUnknown),
        _ => true,
    };

    /// <summary>Whether it answers a command.</summary>
    public bool Answers(MilterCommand command) => command switch
    {
        MilterCommand.Connect => !Steps.HasFlag(MilterSteps.SilentConnect),
        MilterCommand.Hello => !Steps.HasFlag(MilterSteps.SilentHello),
        MilterCommand.Mail => !Steps.HasFlag(MilterSteps.SilentMail),
        MilterCommand.Rcpt => !Steps.HasFlag(MilterSteps.SilentRcpt),
        MilterCommand.Data => !Steps.HasFlag(MilterSteps.SilentData),
        MilterCommand.Header => !Steps.HasFlag(MilterSteps.SilentHeaders),
        MilterCommand.HeaderEnd => !Steps.HasFlag(MilterSteps.SilentHeaderEnd),
        MilterCommand.Body => !Steps.HasFlag(MilterSteps.SilentBody),
        MilterCommand.Unknown => !Steps.HasFlag(MilterSteps.SilentUnknown),
        MilterCommand.Negotiate or MilterCommand.BodyEnd => true,
        _ => false,
    };

    /// <summary>Reads the answer to the offer.</summary>
    /// <param name="word">Of the packet.</param>
    /// <param name="data">Of the packet.</param>
    /// <param name="options">What was settled.</param>
    /// <param name="problem">What is wrong with the answer, for people; null: nothing.</param>
    public static bool TryRead(byte word, ReadOnlySpan<byte> data, out MilterOptions? options, out string? problem)
    {
        (options, problem) = (null, null);
        if (word != (byte)MilterWord.Negotiated || data.Length < 12)
        {
            problem = $"answers the offer with {Words(word)} and {data.Length} octets: it is no milter";
            return false;
        }

        var version = BinaryPrimitives.ReadUInt32BigEndian(data);
        var actions = (MilterActions)BinaryPrimitives.ReadUInt32BigEndian(data[4..]);
        var steps = (MilterSteps)BinaryPrimitives.ReadUInt32BigEndian(data[8..]);
        if (version is < Oldest or > Newest)
        {
            problem = $"speaks version {version} of the protocol: 2 to {Newest} were offered";
            return false;
        }

        if ((actions & ~MilterActions.All) != 0)
        {
            problem = $"wants actions 0x{(uint)actions:x}, of which 0x{(uint)(actions & ~MilterActions.All):x} were not offered";
            return false;
        }

        if ((steps & ~MilterSteps.Offered) != 0)
        {
            problem = $"wants protocol options 0x{(uint)steps:x}, of which 0x{(uint)(steps & ~MilterSteps.Offered):x} were not offered";
            return false;
        }

        if (!TryReadMacros(data[12..], out var macros))
        {
            problem = "sends a list of macros that cannot be read";
            return false;
        }

        options = new MilterOptions((int)version, actions, steps) { Macros = macros };
        return true;
    }

    /// <summary>A word of the protocol as it can be shown.</summary>
    public static string Words(byte word) => word is > (byte)' ' and < 127 ? $"'{(char)word}'" : $"0x{word:x2}";

    private static bool TryReadMacros(ReadOnlySpan<byte> data, out ImmutableDictionary<MilterStage, ImmutableArray<string>> macros)
    {
        macros = ImmutableDictionary<MilterStage, ImmutableArray<string>>.Empty;
        while (data.Length > 0)
        {
            if (data.Length < 5)
            {
                return false;
            }

            var stage = (MilterStage)BinaryPrimitives.ReadInt32BigEndian(data);
            var end = data[4..].IndexOf((byte)0);
            if (end < 0 || stage is < MilterStage.Connect or > MilterStage.HeaderEnd)
            {
                return false;
            }

            var names = Encoding.Latin1.GetString(data.Slice(4, end)).Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
            if (names.Length > MostMacros)
            {
                return false;
            }

            macros = macros.SetItem(stage, [.. names.Select(MilterMacros.Bare)]);
            data = data[(4 + end + 1)..];
        }

        return true;
    }
}
