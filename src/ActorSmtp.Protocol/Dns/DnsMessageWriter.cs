using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Protocol.Dns;

/// <summary>Writes messages, names compressed (RFC 1035 §4.1.4). What is written is ours: a message that cannot be is a bug, and throws.</summary>
public sealed class DnsMessageWriter
{
    private const int PointerReach = 0x3FFF;

    private readonly ArrayBufferWriter<byte> _out = new(512);
    private readonly Dictionary<DnsName, int> _names = [];

    private DnsMessageWriter()
    {
    }

    /// <summary>The message as it goes into a datagram.</summary>
    /// <exception cref="ArgumentException">It has more than 65,535 octets, or a text more than 255.</exception>
    public static byte[] Write(DnsMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var writer = new DnsMessageWriter();
        writer.All(message);
        return writer._out.WrittenCount <= DnsMessage.MaxOctets
            ? writer._out.WrittenSpan.ToArray()
            : throw new ArgumentException("The message has more than 65,535 octets.", nameof(message));
    }

    private void All(DnsMessage message)
    {
        Word(message.Id);
        Word((message.IsAnswer ? 0x8000 : 0) | (message.Opcode & 15) << 11 | (message.IsAuthoritative ? 0x0400 : 0) | (message.IsTruncated ? 0x0200 : 0)
            | (message.WantsRecursion ? 0x0100 : 0) | (message.OffersRecursion ? 0x0080 : 0) | (message.IsAuthentic ? 0x0020 : 0)
            | (message.SkipsChecks ? 0x0010 : 0) | ((int)message.Code & 15));
        Word(message.Questions.Length);
        Word(message.Answers.Length);
        Word(message.Authorities.Length);
        Word(message.Additionals.Length + (message.Edns is null ? 0 : 1));
        foreach (var question in message.Questions)
        {
            Name(question.Name);
            Word((int)question.Type);
            Word(1);
        }

        Records(message.Answers);
        Records(message.Authorities);
        Records(message.Additionals);
        if (message.Edns is { } edns)
        {
            Octet(0);
            Word((int)DnsType.Opt);
            Word(edns.UdpOctets);
            Long((uint)((int)message.Code >> 4 << 24 | edns.Version << 16 | (edns.WantsSignatures ? 0x8000 : 0)));
            Word(0);
        }
    }

    private void Records(ImmutableArray<DnsRecord> records)
    {
        foreach (var record in records)
        {
            Name(record.Name);
            Word((int)record.Type);
            Word(record is OtherRecord other ? other.Class : 1);
            Long((uint)record.Ttl);
            var data = new DnsMessageWriter();
            switch (record)
            {
                // Names in the data of these may be compressed (RFC 3597 §4); they are not, since the few octets are not worth it.
                case AddressRecord r:
                    data._out.Write(r.Address.GetAddressBytes());
                    break;
                case PointerRecord r:
                    data._out.Write(r.Target.Wire);
                    break;
                case MxRecord r:
                    data.Word(r.Preference);
                    data._out.Write(r.Exchange.Wire);
                    break;
                case TxtRecord r:
                    data.Texts(r);
                    break;
                case SoaRecord r:
                    data._out.Write(r.Primary.Wire);
                    data._out.Write(r.Mailbox.Wire);
                    data.Long(r.Serial);
                    data.Long((uint)r.Refresh);
                    data.Long((uint)r.Retry);
                    data.Long((uint)r.Expire);
                    data.Long((uint)r.Minimum);
                    break;
                case TlsaRecord r:
                    data._out.Write([r.Usage, r.Selector, r.Matching]);
                    data._out.Write(r.Data.AsSpan());
                    break;
                case OtherRecord r:
                    data._out.Write(r.Data.AsSpan());
                    break;
            }

            Word(data._out.WrittenCount);
            _out.Write(data._out.WrittenSpan);
        }
    }

    private void Texts(TxtRecord record)
    {
        foreach (var text in record.Strings)
        {
            if (text.Length > 255)
            {
                throw new ArgumentException("A text of a TXT record has at most 255 octets.", nameof(record));
            }

            Octet((byte)text.Length);
            _out.Write(Encoding.Latin1.GetBytes(text));
        }
    }

    /// <summary>A name; its longest ending that stands somewhere before is a pointer, if it stands there in the same case.</summary>
    private void Name(DnsName name)
    {
        for (var rest = name; !rest.IsRoot; rest = rest.Parent!)
        {
            if (_names.TryGetValue(rest, out var at) && _out.WrittenSpan[at..].StartsWith(rest.Wire))
            {
                Word(0xC000 | at);
                return;
            }

            if (_out.WrittenCount <= PointerReach)
            {
                _names.TryAdd(rest, _out.WrittenCount);
            }

            _out.Write(rest.Wire[..(rest.Wire[0] + 1)]);
        }

        Octet(0);
    }

    private void Octet(byte octet) => _out.Write([octet]);

    private void Word(int word)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(word, 0xFFFF);
        BinaryPrimitives.WriteUInt16BigEndian(_out.GetSpan(2), (ushort)word);
        _out.Advance(2);
    }

    private void Long(uint number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_out.GetSpan(4), number);
        _out.Advance(4);
    }
}
