using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Storage;

/// <summary>A message's name for its whole life.</summary>
public readonly record struct MailId(UInt128 Value)
{
    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Who sends to whom.</summary>
public sealed record Envelope(string Sender, ImmutableArray<string> Recipients, DateTimeOffset ReceivedAt);

/// <summary>How the journal writes ids and envelopes: the only place here that knows their inside.</summary>
internal static class EnvelopeBytes
{
    public const int IdSize = 16;

    public static void WriteId(MailId id, Span<byte> into) => BinaryPrimitives.WriteUInt128LittleEndian(into, id.Value);

    public static MailId ReadId(ReadOnlySpan<byte> from) => new(BinaryPrimitives.ReadUInt128LittleEndian(from));

    public static int Recipients(Envelope envelope) => envelope.Recipients.Length;

    public static void Write(Envelope envelope, IBufferWriter<byte> into)
    {
        var text = string.Join('\n', envelope.Recipients.Insert(0, envelope.Sender)
            .Insert(0, envelope.ReceivedAt.UtcTicks.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        into.Advance(Encoding.UTF8.GetBytes(text, into.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
    }

    public static bool TryRead(ReadOnlySpan<byte> from, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Envelope? envelope)
    {
        envelope = Read(from);
        return true;
    }

    private static Envelope Read(ReadOnlySpan<byte> from)
    {
        var parts = Encoding.UTF8.GetString(from).Split('\n');
        var ticks = long.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture);
        return new Envelope(parts[1], [.. parts[2..]], new DateTimeOffset(ticks, TimeSpan.Zero));
    }
}
