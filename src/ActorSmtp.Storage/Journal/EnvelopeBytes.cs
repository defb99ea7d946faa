using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ActorSmtp.Storage.Journal;

/// <summary>How the journal writes ids and envelopes: the only place here that knows their inside.</summary>
internal static class EnvelopeBytes
{
    /// <summary>Room for an id in a record's header; the octets it does not need are zero.</summary>
    public const int IdSize = 16;

    public static void WriteId(MailId id, Span<byte> into)
    {
        into[..IdSize].Clear();
        id.Write(into);
    }

    public static MailId ReadId(ReadOnlySpan<byte> from) => MailId.Read(from);

    public static int Recipients(Envelope envelope) => envelope.Recipients.Length;

    /// <exception cref="ArgumentException">Longer than the envelope's form allows.</exception>
    public static void Write(Envelope envelope, IBufferWriter<byte> into) => EnvelopeCodec.Write(envelope, into);

    public static bool TryRead(ReadOnlySpan<byte> from, [NotNullWhen(true)] out Envelope? envelope) => EnvelopeCodec.TryRead(from, out envelope);
}
