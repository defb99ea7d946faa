using System.Buffers.Binary;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Inspection;

/// <summary>An entry where it stands in its ring: valid during a visit, nothing copied.</summary>
internal readonly ref struct ChronicleGlance(ReadOnlySpan<byte> entry)
{
    private readonly ReadOnlySpan<byte> _entry = entry;

    public ChronicleKind Kind => (ChronicleKind)_entry[6];

    /// <summary>A time stamp of the server's <see cref="TimeProvider"/>.</summary>
    public long Time => BinaryPrimitives.ReadInt64LittleEndian(_entry[8..]);

    /// <summary>The session's number; 0 for none.</summary>
    public long Session => BinaryPrimitives.ReadInt64LittleEndian(_entry[16..]);

    public MailId Mail => MailId.Read(_entry[24..]);

    public int Listener => BinaryPrimitives.ReadUInt16LittleEndian(_entry[34..]);

    public int Number => BinaryPrimitives.ReadInt32LittleEndian(_entry[36..]);

    public ReadOnlySpan<byte> Text => _entry.Slice(ChronicleRing.Header, BinaryPrimitives.ReadUInt16LittleEndian(_entry[4..]));

    /// <summary>A copy to keep.</summary>
    public ChronicleEntry Keep() => new(Kind, Time, Session, Mail, Listener, Number, Text.ToArray());
}

/// <summary>Looks at the entries of a ring.</summary>
internal interface IChronicleVisitor
{
    /// <summary>False: that was enough.</summary>
    bool Visit(in ChronicleGlance entry);
}
