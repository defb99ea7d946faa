using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace ActorSmtp.Protocol.Tests.Smtp;

/// <summary>Octets as tests write them, and octets as nobody should send them.</summary>
internal static class Wire
{
    /// <summary>The octets of a text, one for each character.</summary>
    public static byte[] Octets(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>The other way round.</summary>
    public static string Text(ReadOnlySpan<byte> octets) => Encoding.Latin1.GetString(octets);

    /// <summary>Any octets at all.</summary>
    public static Arbitrary<byte[]> Anything { get; } = Gen.ArrayOf(Gen.Choose(0, 255).Select(c => (byte)c)).ToArbitrary();

    /// <summary>Few different octets, those that decoders stumble over, so that each neighbourhood of them comes up.</summary>
    public static Arbitrary<byte[]> Nasty { get; } =
        Gen.ArrayOf(Gen.Frequency(
            (4, Gen.Constant("\r\n")), (2, Gen.Constant("\r\n.")), (2, Gen.Constant(".")), (2, Gen.Constant("\r")), (2, Gen.Constant("\n")),
            (1, Gen.Constant("\0")), (1, Gen.Constant("\u00e9")), (3, Gen.Constant("a")), (1, Gen.Constant("Received:")), (1, Gen.Constant(" ")),
            (2, Gen.Constant("TLS-Required:")), (2, Gen.Constant("no")), (1, Gen.Constant("\r\ntls-required: No\r\n")),
            (1, Gen.Constant(new string('x', 61))), (1, Gen.Constant("..")), (1, Gen.Constant("\r\n.\r\n"))))
        .Select(parts => Octets(string.Concat(parts))).ToArbitrary();

    /// <summary>Where to cut; any numbers will do. Some pieces are several blocks of the vectorised scan long.</summary>
    public static Arbitrary<int[]> Cuts { get; } =
        Gen.ArrayOf(Gen.Frequency((3, Gen.Choose(0, 90)), (2, Gen.Choose(91, 1500)))).ToArbitrary();

    /// <summary>The octets in pieces of the given sizes, the sizes taken in turn; none means one piece.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Cut(byte[] octets, int[] sizes)
    {
        var at = 0;
        for (var i = 0; at < octets.Length; i++)
        {
            var size = sizes.Length == 0 ? octets.Length : Math.Max(1, sizes[i % sizes.Length]);
            size = Math.Min(size, octets.Length - at);
            yield return octets.AsMemory(at, size);
            at += size;
        }
    }

    /// <summary>Runs a property that often.</summary>
    public static void Holds(Property property, int times = 3000) => Check.One(GivenSeed.Times(times), property);
}
