using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text;

namespace ActorSmtp.Protocol.Dns;

/// <summary>
/// Reads a message of at most 65,535 octets, whoever made it: nothing is read beyond its end, a name's pointers lead only to what stands before it
/// (so they cannot go in a circle) and never to more than 255 octets, records' data ends where it says. What breaks a rule makes the whole message
/// unreadable: half of an answer is worse than none.
/// </summary>
public ref struct DnsMessageReader
{
    private readonly ReadOnlySpan<byte> _message;
    private int _at;
    private string? _problem;
    private DnsEdns? _edns;
    private int _extendedCode;

    private DnsMessageReader(ReadOnlySpan<byte> message) => _message = message;

    /// <summary>The message, or null and what is wrong with it, fit for a log.</summary>
    public static DnsMessage? TryRead(ReadOnlySpan<byte> octets, out string problem)
    {
        var reader = new DnsMessageReader(octets);
        var message = octets.Length > DnsMessage.MaxOctets ? null : reader.Read();
        problem = message is null ? reader._problem ?? "too long" : "";
        return message;
    }

    private DnsMessage? Read()
    {
        if (_message.Length < 12)
        {
            return Wrong<DnsMessage>("shorter than a header");
        }

        var id = Word();
        var flags = Word();
        var (questions, answers, authorities, additionals) = (Word(), Word(), Word(), Word());
        var asked = Questions(questions);
        var answered = Records(answers, isAdditional: false);
        var authority = Records(authorities, isAdditional: false);
        var additional = Records(additionals, isAdditional: true);
        if (_problem is not null)
        {
            return null;
        }

        return _at < _message.Length ? Wrong<DnsMessage>("octets behind the last record") : new DnsMessage
        {
            Id = id,
            IsAnswer = (flags & 0x8000) != 0,
            Opcode = flags >> 11 & 15,
            IsAuthoritative = (flags & 0x0400) != 0,
            IsTruncated = (flags & 0x0200) != 0,
            WantsRecursion = (flags & 0x0100) != 0,
            OffersRecursion = (flags & 0x0080) != 0,
            IsAuthentic = (flags & 0x0020) != 0,
            SkipsChecks = (flags & 0x0010) != 0,
            Code = (DnsResponseCode)((flags & 15) | _extendedCode << 4),
            Questions = asked,
            Answers = answered,
            Authorities = authority,
            Additionals = additional,
            Edns = _edns,
        };
    }

    private ImmutableArray<DnsQuestion> Questions(int count)
    {
        var questions = ImmutableArray.CreateBuilder<DnsQuestion>(Math.Min(count, 1));
        for (var i = 0; i < count && _problem is null; i++)
        {
            var name = Name();
            var (type, qclass) = (Word(), Word());
            if (name is not null && _problem is null)
            {
                if (qclass != 1)
                {
                    Wrong<object>("a question of another class than IN");
                    break;
                }

                questions.Add(new DnsQuestion(name, (DnsType)type));
            }
        }

        return questions.ToImmutable();
    }

    private ImmutableArray<DnsRecord> Records(int count, bool isAdditional)
    {
        var records = ImmutableArray.CreateBuilder<DnsRecord>();
        for (var i = 0; i < count && _problem is null; i++)
        {
            if (Record(isAdditional) is { } record)
            {
                records.Add(record);
            }
        }

        return records.ToImmutable();
    }

    private DnsRecord? Record(bool isAdditional)
    {
        var name = Name();
        var (type, rclass) = ((DnsType)Word(), Word());
        var ttl = Long();
        var length = Word();
        if (name is null || _problem is not null)
        {
            return null;
        }

        if (length > _message.Length - _at)
        {
            return Wrong<DnsRecord>("a record goes beyond the message's end");
        }

        var end = _at + length;
        if (type == DnsType.Opt)
        {
            Edns(name, rclass, ttl, isAdditional);
            _at = end;
            return null;
        }

        var kept = (ttl & 0x8000_0000) != 0 ? 0 : (int)ttl;        // RFC 2181 §8
        DnsRecord? record = type switch
        {
            _ when rclass != 1 => Other(name, kept, type, rclass, end),
            DnsType.A => Address(name, kept, end, 4),
            DnsType.Aaaa => Address(name, kept, end, 16),
            DnsType.Ns or DnsType.Cname or DnsType.Ptr => Name() is { } target ? new PointerRecord(name, kept, type, target) : null,
            DnsType.Mx => Mx(name, kept),
            DnsType.Txt => Txt(name, kept, end),
            DnsType.Soa => Soa(name, kept),
            DnsType.Tlsa => Tlsa(name, kept, end),
            _ => Other(name, kept, type, rclass, end),
        };
        return _problem is null && _at != end ? Wrong<DnsRecord>($"a record of type {Words.Of(type)} whose data has another length than it says") : record;
    }

    private void Edns(DnsName name, int udpOctets, uint flags, bool isAdditional)
    {
        if (_edns is not null || !isAdditional || !name.IsRoot)
        {
            Wrong<object>("an OPT record where none may be");          // RFC 6891 §6.1.1
            return;
        }

        _extendedCode = (int)(flags >> 24);
        _edns = new DnsEdns(Math.Max(DnsMessage.PlainUdpOctets, udpOctets), (int)(flags >> 16 & 255), (flags & 0x8000) != 0);
    }

    private AddressRecord? Address(DnsName name, int ttl, int end, int octets)
    {
        if (end - _at != octets)
        {
            return Wrong<AddressRecord>("an address of another length than addresses have");
        }

        var address = new IPAddress(_message.Slice(_at, octets));
        _at += octets;
        return new AddressRecord(name, ttl, address);
    }

    private MxRecord? Mx(DnsName name, int ttl)
    {
        var preference = Word();
        return Name() is { } exchange ? new MxRecord(name, ttl, preference, exchange) : null;
    }

    private TxtRecord? Txt(DnsName name, int ttl, int end)
    {
        var strings = ImmutableArray.CreateBuilder<string>();
        while (_at < end)
        {
            int length = _message[_at++];
            if (length > end - _at)
            {
                return Wrong<TxtRecord>("a text goes beyond its record");
            }

            strings.Add(Encoding.Latin1.GetString(_message.Slice(_at, length)));
            _at += length;
        }

        return strings.Count > 0 ? new TxtRecord(name, ttl, strings.ToImmutable()) : Wrong<TxtRecord>("a TXT record without a text");
    }

    private SoaRecord? Soa(DnsName name, int ttl)
    {
        var primary = Name();
        var mailbox = Name();
        var serial = Long();
        var (refresh, retry, expire, minimum) = (Seconds(), Seconds(), Seconds(), Seconds());
        return primary is null || mailbox is null ? null : new SoaRecord(name, ttl, primary, mailbox, serial, refresh, retry, expire, minimum);
    }

    private TlsaRecord? Tlsa(DnsName name, int ttl, int end)
    {
        if (end - _at < 3)
        {
            return Wrong<TlsaRecord>("a TLSA record without its first three octets");
        }

        var head = _message.Slice(_at, 3);
        var record = new TlsaRecord(name, ttl, head[0], head[1], head[2], [.. _message[(_at + 3)..end]]);
        _at = end;
        return record;
    }

    private OtherRecord Other(DnsName name, int ttl, DnsType type, int rclass, int end)
    {
        var record = new OtherRecord(name, ttl, type, rclass, [.. _message[_at..end]]);
        _at = end;
        return record;
    }

    /// <summary>A name, whose pointers are followed backwards only (RFC 1035 §4.1.4).</summary>
    private DnsName? Name()
    {
        Span<byte> wire = stackalloc byte[DnsName.MaxOctets];
        var length = 0;
        var at = _at;
        var before = _at;                                           // a pointer has to lead in front of this
        var isBehind = false;                                       // a pointer was followed: _at stands behind the first already
        while (_problem is null)
        {
            if (at >= _message.Length)
            {
                return Wrong<DnsName>("a name goes beyond the message's end");
            }

            int octet = _message[at++];
            if (octet >= 0xC0)
            {
                if (at >= _message.Length)
                {
                    return Wrong<DnsName>("a pointer goes beyond the message's end");
                }

                var target = (octet & 0x3F) << 8 | _message[at++];
                _at = isBehind ? _at : at;
                isBehind = true;
                if (target >= before)
                {
                    return Wrong<DnsName>("a pointer does not lead backwards");
                }

                (at, before) = (target, target);
                continue;
            }

            if (octet > DnsName.MaxLabel)
            {
                return Wrong<DnsName>("a label of an unknown kind");
            }

            if (length + 1 + octet > DnsName.MaxOctets - (octet == 0 ? 0 : 1))
            {
                return Wrong<DnsName>("a name of more than 255 octets");
            }

            if (octet > _message.Length - at)
            {
                return Wrong<DnsName>("a label goes beyond the message's end");
            }

            wire[length++] = (byte)octet;
            if (octet == 0)
            {
                _at = isBehind ? _at : at;
                return length == 1 ? DnsName.Root : new DnsName(wire[..length]);
            }

            _message.Slice(at, octet).CopyTo(wire[length..]);
            length += octet;
            at += octet;
        }

        return null;
    }

    private int Seconds() => Long() is var seconds && seconds > int.MaxValue ? int.MaxValue : (int)seconds;

    private int Word()
    {
        if (_problem is not null || _message.Length - _at < 2)
        {
            Wrong<object>("it ends in the midst of a record");
            return 0;
        }

        var word = BinaryPrimitives.ReadUInt16BigEndian(_message[_at..]);
        _at += 2;
        return word;
    }

    private uint Long()
    {
        if (_problem is not null || _message.Length - _at < 4)
        {
            Wrong<object>("it ends in the midst of a record");
            return 0;
        }

        var number = BinaryPrimitives.ReadUInt32BigEndian(_message[_at..]);
        _at += 4;
        return number;
    }

    private T? Wrong<T>(string problem)
        where T : class
    {
        _problem ??= problem;
        return null;
    }
}
