using System.Buffers.Binary;

namespace ActorSmtp.Protocol.Dns;

/// <summary>What a datagram is that came where an answer is awaited.</summary>
public enum DnsVerdict
{
    /// <summary>The answer.</summary>
    Answer,

    /// <summary>Something else: late, or made up by somebody who does not know the question. The answer may still come.</summary>
    NotOurs,

    /// <summary>
    /// It has our id and cannot be trusted: the name came back in other letters' case, or the message cannot be read. A server that is bad at DNS, or a forger who
    /// guessed well; TCP tells them apart.
    /// </summary>
    Doubtful,
}

/// <summary>
/// One question on its way to one server, with what makes an answer hard to forge: the id and the case of the name's letters, both chosen at random by
/// whoever makes it (RFC 5452 §9; the random port is the socket's).
/// </summary>
public sealed class DnsQuery
{
    private const int Truncated = 0x02;

    /// <param name="question">What is asked.</param>
    /// <param name="entropy">Random bits, new for each query: 16 for the id, 48 for the case of letters.</param>
    public DnsQuery(DnsQuestion question, ulong entropy)
    {
        ArgumentNullException.ThrowIfNull(question);
        Question = question;
        Id = (ushort)entropy;
        Name = question.Name.InCase(entropy >> 16);
    }

    /// <summary>What is asked.</summary>
    public DnsQuestion Question { get; }

    /// <summary>The id that the answer has to have.</summary>
    public ushort Id { get; }

    /// <summary>The name in the case that the answer has to have.</summary>
    public DnsName Name { get; }

    /// <summary>As it goes into a datagram: recursion desired, AD set, since we want to know whether the answer was verified (RFC 6840 §5.7).</summary>
    /// <param name="edns">Whether the server is told how much we take over UDP; some old ones choke on it.</param>
    public byte[] ToOctets(bool edns) => DnsMessageWriter.Write(new DnsMessage
    {
        Id = Id,
        WantsRecursion = true,
        IsAuthentic = true,
        Questions = [new DnsQuestion(Name, Question.Type)],
        Edns = edns ? new DnsEdns(DnsMessage.OurUdpOctets) : null,
    });

    /// <summary>Says whether octets are the answer, which is there exactly if they are; else what is wrong with them.</summary>
    /// <param name="overTcp">They came by a connection we made: letters' case does not count then, nobody can have slipped in.</param>
    public DnsVerdict Judge(ReadOnlySpan<byte> octets, bool overTcp, out DnsMessage? answer, out string problem)
    {
        answer = null;
        if (octets.Length < 12 || BinaryPrimitives.ReadUInt16BigEndian(octets) != Id || (octets[2] & 0x80) == 0)
        {
            problem = "not an answer to this question";
            return DnsVerdict.NotOurs;
        }

        var read = DnsMessageReader.TryRead(octets, out problem) ?? Cut(octets);
        if (read is null)
        {
            return DnsVerdict.Doubtful;
        }

        if (read.Questions.IsEmpty && read.Code is DnsResponseCode.FormatError or DnsResponseCode.NotImplemented && read.Answers.IsEmpty)
        {
            answer = read;                                          // it could not read the question, so it cannot repeat it
            return DnsVerdict.Answer;
        }

        if (read.Opcode != 0 || read.Questions is not [var repeated] || repeated.Type != Question.Type || repeated.Name != Name)
        {
            problem = "it answers another question";
            return DnsVerdict.NotOurs;
        }

        if (!overTcp && !repeated.Name.EqualsExactly(Name))
        {
            problem = "the name came back in other letters' case";
            return DnsVerdict.Doubtful;
        }

        answer = read;
        return DnsVerdict.Answer;
    }

    /// <summary>A truncated answer may end anywhere, so that only its head and question can be read: enough to know that TCP has the rest.</summary>
    private static DnsMessage? Cut(ReadOnlySpan<byte> octets)
    {
        if ((octets[2] & Truncated) == 0)
        {
            return null;
        }

        var end = 12;
        while (end < octets.Length && octets[end] is > 0 and <= DnsName.MaxLabel)
        {
            end += octets[end] + 1;
        }

        if (end + 5 > octets.Length)
        {
            return null;
        }

        var head = octets[..(end + 5)].ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(4), 1);
        head.AsSpan(6, 6).Clear();                                  // no records
        return DnsMessageReader.TryRead(head, out _);
    }
}
