using System.Text;

namespace ActorSmtp.Protocol.Smtp;

/// <content>MAIL and RCPT with their parameters: RFC 5321 §4.1.1.2, §4.1.1.3, §4.1.2 (esmtp-param), and those of the extensions.</content>
public static partial class CommandParser
{
    private const int MaxEnvelopeId = 100;          // RFC 3461 §4.4
    private const int MaxOriginalRecipient = 500;   // RFC 3461 §4.2

    private static SmtpCommand ParseMail(ReadOnlySpan<byte> rest, in ParserOptions options)
    {
        if (!TakePrefix(ref rest, "FROM:"u8))
        {
            return Malformed(Replies.MailSyntax, Verb.Mail);
        }

        // The path comes before the parameter that says how to read it, so it is read as UTF-8 and judged afterwards.
        var kind = ParsePath(rest, options.Takes(ParameterSet.SmtpUtf8), out var taken, out var mailbox);
        if (kind is not (PathKind.Mailbox or PathKind.Null))
        {
            return Malformed(PathReply(kind, Replies.BadSenderAddress), Verb.Mail);
        }

        rest = rest[taken..];
        var parameters = MailParameters.None;
        if (!rest.IsEmpty)
        {
            if (rest[0] != ' ')
            {
                return Malformed(Replies.BadSenderAddress, Verb.Mail);
            }

            if (ReadMailParameters(rest, options, ref parameters) is { } refused)
            {
                return Malformed(refused, Verb.Mail);
            }
        }

        return mailbox is { IsInternational: true } && !parameters.SmtpUtf8
            ? Malformed(Replies.NonAsciiAddress, Verb.Mail)
            : new SmtpCommand.Mail(new ReversePath(mailbox), parameters);
    }

    private static SmtpCommand ParseRcpt(ReadOnlySpan<byte> rest, in ParserOptions options)
    {
        if (!TakePrefix(ref rest, "TO:"u8))
        {
            return Malformed(Replies.RcptSyntax, Verb.Rcpt);
        }

        var kind = ParsePath(rest, options.Utf8Transaction, out var taken, out var mailbox);
        if (kind is not (PathKind.Mailbox or PathKind.Postmaster))
        {
            return Malformed(PathReply(kind, Replies.BadRecipientAddress), Verb.Rcpt);
        }

        rest = rest[taken..];
        var parameters = RcptParameters.None;
        if (!rest.IsEmpty)
        {
            if (rest[0] != ' ')
            {
                return Malformed(Replies.BadRecipientAddress, Verb.Rcpt);
            }

            if (ReadRcptParameters(rest, options, ref parameters) is { } refused)
            {
                return Malformed(refused, Verb.Rcpt);
            }
        }

        return new SmtpCommand.Rcpt(new ForwardPath(mailbox), parameters);
    }

    private static bool TakePrefix(ref ReadOnlySpan<byte> rest, ReadOnlySpan<byte> prefix)
    {
        if (rest.Length < prefix.Length || !Ascii.EqualsIgnoreCase(rest[..prefix.Length], prefix))
        {
            return false;
        }

        // DEVIATES: RFC 5321 §3.3 has no blank after the colon; many clients send one, and nothing else can be meant.
        rest = rest[prefix.Length..].TrimStart((byte)' ');
        return true;
    }

    private static Reply PathReply(PathKind kind, in Reply bad) => kind switch
    {
        PathKind.TooLong => Replies.AddressTooLong,
        PathKind.NeedsUtf8 => Replies.NonAsciiAddress,
        _ => bad,
    };

    private static Reply? ReadMailParameters(ReadOnlySpan<byte> rest, in ParserOptions options, ref MailParameters into)
    {
        long? size = null;
        BodyType? body = null;
        bool utf8 = false, requireTls = false;
        DsnReturn? @return = null;
        string? envelopeId = null, authorizedBy = null;
        while (NextParameter(ref rest, out var keyword, out var value, out var hasValue) is { } isGood)
        {
            if (!isGood)
            {
                return Replies.BadParameter;
            }

            bool duplicate, good;
            if (Named(keyword, "SIZE"u8) && options.Takes(ParameterSet.Size))
            {
                (duplicate, good) = (size is not null, TrySize(value, out size));
            }
            else if (Named(keyword, "BODY"u8) && (options.Offered & (ParameterSet.EightBitMime | ParameterSet.BinaryMime)) != 0)
            {
                (duplicate, good) = (body is not null, TryBody(value, options.Offered, out body));
            }
            else if (Named(keyword, "SMTPUTF8"u8) && options.Takes(ParameterSet.SmtpUtf8))
            {
                (duplicate, good, utf8) = (utf8, !hasValue, true);
            }
            else if (Named(keyword, "REQUIRETLS"u8) && options.Takes(ParameterSet.RequireTls))
            {
                (duplicate, good, requireTls) = (requireTls, !hasValue, true);
            }
            else if (Named(keyword, "RET"u8) && options.Takes(ParameterSet.Dsn))
            {
                duplicate = @return is not null;
                @return = Named(value, "FULL"u8) ? DsnReturn.Full : Named(value, "HDRS"u8) ? DsnReturn.Headers : null;
                good = @return is not null;
            }
            else if (Named(keyword, "ENVID"u8) && options.Takes(ParameterSet.Dsn))
            {
                duplicate = envelopeId is not null;
                good = value.Length is > 0 and <= MaxEnvelopeId && XText.TryDecode(value, out envelopeId) && Ascii.IsValid(envelopeId);
            }
            else if (Named(keyword, "AUTH"u8) && options.Takes(ParameterSet.Auth))
            {
                duplicate = authorizedBy is not null;
                good = TryAuthorizedBy(value, out authorizedBy);
            }
            else
            {
                return Replies.UnknownParameter;
            }

            if (duplicate || !good)
            {
                return duplicate ? Replies.DuplicateParameter : Replies.BadParameter;
            }
        }

        into = new MailParameters
        {
            Size = size,
            Body = body ?? BodyType.SevenBit,
            SmtpUtf8 = utf8,
            RequireTls = requireTls,
            Return = @return ?? DsnReturn.Unspecified,
            EnvelopeId = envelopeId,
            AuthorizedBy = authorizedBy,
        };
        return null;
    }

    private static Reply? ReadRcptParameters(ReadOnlySpan<byte> rest, in ParserOptions options, ref RcptParameters into)
    {
        DsnNotify? notify = null;
        OriginalRecipient? original = null;
        while (NextParameter(ref rest, out var keyword, out var value, out _) is { } isGood)
        {
            if (!isGood)
            {
                return Replies.BadParameter;
            }

            bool duplicate, good;
            if (Named(keyword, "NOTIFY"u8) && options.Takes(ParameterSet.Dsn))
            {
                (duplicate, good) = (notify is not null, TryNotify(value, out notify));
            }
            else if (Named(keyword, "ORCPT"u8) && options.Takes(ParameterSet.Dsn))
            {
                (duplicate, good) = (original is not null, TryOriginal(value, options.Utf8Transaction, out original));
            }
            else
            {
                return Replies.UnknownParameter;
            }

            if (duplicate || !good)
            {
                return duplicate ? Replies.DuplicateParameter : Replies.BadParameter;
            }
        }

        into = new RcptParameters { Notify = notify ?? DsnNotify.Unspecified, Original = original };
        return null;
    }

    private static bool Named(ReadOnlySpan<byte> word, ReadOnlySpan<byte> name) => Ascii.EqualsIgnoreCase(word, name);

    /// <summary>
    /// esmtp-param = esmtp-keyword ["=" esmtp-value], after one or more blanks. Null at the end, false for one that is not well formed.
    /// </summary>
    private static bool? NextParameter(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> keyword, out ReadOnlySpan<byte> value, out bool hasValue)
    {
        rest = rest.TrimStart((byte)' ');
        keyword = value = default;
        hasValue = false;
        if (rest.IsEmpty)
        {
            return null;
        }

        var end = rest.IndexOf((byte)' ');
        var parameter = end < 0 ? rest : rest[..end];
        rest = rest[parameter.Length..];
        var equals = parameter.IndexOf((byte)'=');
        hasValue = equals >= 0;
        keyword = hasValue ? parameter[..equals] : parameter;
        value = hasValue ? parameter[(equals + 1)..] : default;
        if (keyword.IsEmpty || !char.IsAsciiLetterOrDigit((char)keyword[0]))
        {
            return false;
        }

        foreach (var c in keyword)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c != '-')
            {
                return false;
            }
        }

        // esmtp-value = 1*(%d33-60 / %d62-126), and UTF-8 by RFC 6531 §3.3; an equals sign inside is forgiven where a
        // value's own grammar does (AUTH=, ORCPT= and ENVID= do not).
        return !hasValue || (!value.IsEmpty && value.IndexOfAnyInRange((byte)0, (byte)32) < 0 && value.IndexOf((byte)127) < 0);
    }

    /// <summary>size-value = 1*20DIGIT (RFC 1870 §6).</summary>
    private static bool TrySize(ReadOnlySpan<byte> value, out long? size)
    {
        size = null;
        if (value.Length is 0 or > 20 || value.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var sum = 0L;
        foreach (var c in value)
        {
            var digit = c - '0';
            sum = sum > (long.MaxValue - digit) / 10 ? long.MaxValue : (sum * 10) + digit;
        }

        size = sum;
        return true;
    }

    private static bool TryBody(ReadOnlySpan<byte> value, ParameterSet offered, out BodyType? body)
    {
        body = Named(value, "7BIT"u8) ? BodyType.SevenBit
            : Named(value, "8BITMIME"u8) && (offered & ParameterSet.EightBitMime) != 0 ? BodyType.EightBitMime
            : Named(value, "BINARYMIME"u8) && (offered & ParameterSet.BinaryMime) != 0 ? BodyType.BinaryMime
            : null;
        return body is not null;
    }

    /// <summary>"AUTH=" xtext of a mailbox or of &lt;&gt; (RFC 4954 §5).</summary>
    private static bool TryAuthorizedBy(ReadOnlySpan<byte> value, out string? authorizedBy)
    {
        authorizedBy = null;
        if (value.SequenceEqual("<>"u8))
        {
            authorizedBy = "";
            return true;
        }

        if (!XText.TryDecode(value, out var decoded) || Mailbox.TryParse(decoded) is null)
        {
            return false;
        }

        authorizedBy = decoded;
        return true;
    }

    /// <summary>"NEVER" / 1#( "SUCCESS" / "FAILURE" / "DELAY" ) (RFC 3461 §4.1).</summary>
    private static bool TryNotify(ReadOnlySpan<byte> value, out DsnNotify? notify)
    {
        notify = null;
        var flags = DsnNotify.Unspecified;
        foreach (var range in value.Split((byte)','))
        {
            var word = value[range];
            var flag = Named(word, "SUCCESS"u8) ? DsnNotify.Success
                : Named(word, "FAILURE"u8) ? DsnNotify.Failure
                : Named(word, "DELAY"u8) ? DsnNotify.Delay
                : Named(word, "NEVER"u8) ? DsnNotify.Never
                : DsnNotify.Unspecified;
            if (flag == DsnNotify.Unspecified || (flags & flag) != 0)
            {
                return false;
            }

            flags |= flag;
        }

        if (flags == DsnNotify.Unspecified || ((flags & DsnNotify.Never) != 0 && flags != DsnNotify.Never))
        {
            return false;
        }

        notify = flags;
        return true;
    }

    /// <summary>original-recipient-address = atom ";" xtext (RFC 3461 §4.2); for utf-8 the forms of RFC 6533 §3.</summary>
    private static bool TryOriginal(ReadOnlySpan<byte> value, bool allowUtf8, out OriginalRecipient? original)
    {
        original = null;
        var semicolon = value.IndexOf((byte)';');
        if (semicolon <= 0 || semicolon == value.Length - 1 || value.Length > MaxOriginalRecipient)
        {
            return false;
        }

        var type = value[..semicolon];
        var address = value[(semicolon + 1)..];
        if (type.ContainsAnyExcept(DotStringOctets) || !Ascii.IsValid(type) || type.Contains((byte)'.'))
        {
            return false;
        }

        string decoded;
        var good = Named(type, "utf-8"u8)
            ? XText.TryDecodeUtf8Address(address, allowUtf8, out decoded)
            : XText.TryDecode(address, out decoded);
        if (!good)
        {
            return false;
        }

        original = new OriginalRecipient(Encoding.ASCII.GetString(type), decoded);
        return true;
    }
}
