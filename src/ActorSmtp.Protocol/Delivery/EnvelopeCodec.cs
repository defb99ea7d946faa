using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net;
using System.Text;
using ActorSmtp.Protocol.Smtp;

namespace ActorSmtp.Protocol.Delivery;

/// <summary>
/// The binary form of an <see cref="Envelope"/>, for journals and tables. Version 1: the octet 1; the id (10 octets); received-at, 100 ns
/// ticks since 0001 UTC (8, big endian); one octet each of flags (1 SMTPUTF8, 2 REQUIRETLS, 4 newlines normalised, 8 TLS not required, 16 fields in front, 32 changes of the content), body, return, protocol; then texts, each a
/// varint (length + 1, 0 for null) and UTF-8: reverse path, ENVID, AUTH=, user, session, client name, hello name, TLS; the
/// client's address as one octet of length (0, 4, 16) and that many; a varint count of recipients, each a text, an octet NOTIFY (16 added: an alias that was expanded; 32: passed on from a sender that is rewritten), two
/// texts ORCPT type and address (both null where none), and a text with the local account (null for a recipient elsewhere); with flag 16 the fields in front, a text of 1 to 64 KiB; with flag 32 the changes (<see cref="ContentEdits.Write"/>). Varints are LEB128, at most 5 octets.
/// Reading is strict: an octet too many or too few, or a value outside its range, is an error; nothing is allocated on a length's word alone.
/// </summary>
public static class EnvelopeCodec
{
    /// <summary>More recipients than any configuration may allow.</summary>
    public const int MaxRecipients = 100_000;

    private const byte Version = 1;
    private const int MaxText = 16 * 1024;
    private const int Expanded = 16;
    private const int PassedOn = 32;
    private const int MaxFields = 64 * 1024;

    /// <summary>Writes the envelope.</summary>
    /// <exception cref="ArgumentException">A text or the list of recipients is longer than the form allows, or there is no recipient.</exception>
    public static void Write(Envelope envelope, IBufferWriter<byte> output)
    {
        if (envelope.Recipients.IsDefaultOrEmpty || envelope.Recipients.Length > MaxRecipients)
        {
            throw new ArgumentException($"An envelope has 1 to {MaxRecipients} recipients.", nameof(envelope));
        }

        var head = output.GetSpan(1 + MailId.Size + 8 + 4);
        head[0] = Version;
        envelope.Id.Write(head[1..]);
        BinaryPrimitives.WriteInt64BigEndian(head[(1 + MailId.Size)..], envelope.ReceivedAt.UtcTicks);
        var at = 1 + MailId.Size + 8;
        head[at++] = (byte)((envelope.SmtpUtf8 ? 1 : 0) | (envelope.RequireTls ? 2 : 0) | (envelope.NewlinesNormalized ? 4 : 0)
            | (envelope.TlsNotRequired ? 8 : 0) | (envelope.Fields is { Length: > 0 } ? 16 : 0) | (envelope.Edits is not null ? 32 : 0));
        head[at++] = (byte)envelope.Body;
        head[at++] = (byte)envelope.Return;
        head[at++] = (byte)envelope.Protocol;
        output.Advance(at);

        Text(output, envelope.From.Mailbox?.ToString());
        Text(output, envelope.EnvelopeId);
        Text(output, envelope.AuthorizedBy);
        Text(output, envelope.User);
        Text(output, envelope.SessionId);
        Text(output, envelope.ClientName);
        Text(output, envelope.HelloName);
        Text(output, envelope.Tls);

        var address = output.GetSpan(17);
        var length = 0;
        if (envelope.ClientAddress is { } client && !client.TryWriteBytes(address[1..], out length))
        {
            throw new ArgumentException("The client's address has no binary form.", nameof(envelope));
        }

        address[0] = (byte)length;
        output.Advance(1 + length);

        Varint(output, (uint)envelope.Recipients.Length);
        foreach (var recipient in envelope.Recipients)
        {
            Text(output, recipient.Address.ToString());
            output.GetSpan(1)[0] = (byte)((int)recipient.Notify | (recipient.IsExpanded ? Expanded : 0) | (recipient.IsPassedOn ? PassedOn : 0));
            output.Advance(1);
            Text(output, recipient.Original?.Type);
            Text(output, recipient.Original?.Address);
            Text(output, recipient.Account);
        }

        if (envelope.Fields is { Length: > 0 } fields)
        {
            Text(output, fields, MaxFields);
        }

        envelope.Edits?.Write(output);
    }

    /// <summary>Reads an envelope that fills <paramref name="octets"/> exactly; false for anything that <see cref="Write"/> did not write.</summary>
    public static bool TryRead(ReadOnlySpan<byte> octets, out Envelope? envelope)
    {
        envelope = null;
        const int Fixed = 1 + MailId.Size + 8 + 4;
        if (octets.Length < Fixed || octets[0] != Version)
        {
            return false;
        }

        var id = MailId.Read(octets[1..]);
        var ticks = BinaryPrimitives.ReadInt64BigEndian(octets[(1 + MailId.Size)..]);
        var (flags, body, @return, protocol) = (octets[Fixed - 4], octets[Fixed - 3], octets[Fixed - 2], octets[Fixed - 1]);
        if (ticks < 0 || ticks > DateTime.MaxValue.Ticks || flags > 63 || body > 2 || @return > 2 || protocol > 63)
        {
            return false;
        }

        var rest = octets[Fixed..];
        if (!Text(ref rest, out var from) || !Text(ref rest, out var envelopeId) || !Text(ref rest, out var authorizedBy)
            || !Text(ref rest, out var user) || !Text(ref rest, out var session) || !Text(ref rest, out var clientName)
            || !Text(ref rest, out var helloName) || !Text(ref rest, out var tls) || session is null)
        {
            return false;
        }

        var sender = from is null ? null : Mailbox.TryParse(from);
        if ((from is not null && sender is null)
            || rest.IsEmpty || rest[0] is not (0 or 4 or 16) || rest.Length < 1 + rest[0])
        {
            return false;
        }

        var client = rest[0] == 0 ? null : new IPAddress(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];

        if (!Varint(ref rest, out var count) || count is 0 or > MaxRecipients || count > rest.Length)
        {
            return false;
        }

        var recipients = ImmutableArray.CreateBuilder<Recipient>((int)count);
        for (var i = 0u; i < count; i++)
        {
            if (!Recipient(ref rest, out var recipient))
            {
                return false;
            }

            recipients.Add(recipient!);
        }

        string? fields = null;
        if (((flags & 16) != 0 && (!Text(ref rest, out fields, MaxFields) || fields is not { Length: > 0 })))
        {
            return false;
        }

        ContentEdits? edits = null;
        if (((flags & 32) != 0 && !ContentEdits.TryRead(ref rest, out edits)) || !rest.IsEmpty)
        {
            return false;
        }

        envelope = new Envelope
        {
            Id = id,
            ReceivedAt = new DateTimeOffset(ticks, TimeSpan.Zero),
            From = new ReversePath(sender),
            Recipients = recipients.MoveToImmutable(),
            Body = (BodyType)body,
            SmtpUtf8 = (flags & 1) != 0,
            RequireTls = (flags & 2) != 0,
            NewlinesNormalized = (flags & 4) != 0,
            TlsNotRequired = (flags & 8) != 0,
            Return = (DsnReturn)@return,
            EnvelopeId = envelopeId,
            AuthorizedBy = authorizedBy,
            User = user,
            SessionId = session,
            ClientAddress = client,
            ClientName = clientName,
            HelloName = helloName,
            Protocol = (TransferProtocol)protocol,
            Tls = tls,
            Fields = fields,
            Edits = edits,
        };
        return true;
    }

    private static bool Recipient(ref ReadOnlySpan<byte> rest, out Recipient? recipient)
    {
        recipient = null;
        if (!Text(ref rest, out var address) || Mailbox.TryParse(address) is not { } mailbox || rest.IsEmpty || rest[0] > 15 + Expanded + PassedOn)
        {
            return false;
        }

        var (notify, isExpanded, isPassedOn) = ((DsnNotify)(rest[0] & 15), (rest[0] & Expanded) != 0, (rest[0] & PassedOn) != 0);
        rest = rest[1..];
        if (!Text(ref rest, out var type) || !Text(ref rest, out var original) || (type is null) != (original is null)
            || !Text(ref rest, out var account))
        {
            return false;
        }

        recipient = new Recipient(mailbox, notify, type is null ? null : new OriginalRecipient(type, original!)) { Account = account, IsExpanded = isExpanded, IsPassedOn = isPassedOn };
        return true;
    }

    private static void Text(IBufferWriter<byte> output, string? text, int most = MaxText)
    {
        if (text is null)
        {
            Varint(output, 0);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(text);
        if (length > most)
        {
            throw new ArgumentException($"A text of an envelope is at most {most} octets, not {length}.");
        }

        Varint(output, (uint)length + 1);
        output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(length)));
    }

    private static bool Text(ref ReadOnlySpan<byte> rest, out string? text, int most = MaxText)
    {
        text = null;
        if (!Varint(ref rest, out var length) || length > most + 1)
        {
            return false;
        }

        if (length == 0)
        {
            return true;
        }

        if (length - 1 > rest.Length || !System.Text.Unicode.Utf8.IsValid(rest[..(int)(length - 1)]))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(rest[..(int)(length - 1)]);
        rest = rest[(int)(length - 1)..];
        return true;
    }

    private static void Varint(IBufferWriter<byte> output, uint value)
    {
        var span = output.GetSpan(5);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[at++] = (byte)(value | 0x80);
        }

        span[at++] = (byte)value;
        output.Advance(at);
    }

    private static bool Varint(ref ReadOnlySpan<byte> rest, out uint value)
    {
        value = 0;
        for (var i = 0; i < 5 && i < rest.Length; i++)
        {
            var c = rest[i];
            if (i == 4 && c > 0x0f)
            {
                return false;
            }

            value |= (uint)(c & 0x7f) << (7 * i);
            if (c < 0x80)
            {
                rest = rest[(i + 1)..];
                return i == 0 || c != 0;      // one number, one form
            }
        }

        return false;
    }
}
