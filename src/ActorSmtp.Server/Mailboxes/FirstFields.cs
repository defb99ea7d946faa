using System.Buffers;
using ActorSmtp.Protocol.Delivery;

namespace ActorSmtp.Server.Mailboxes;

/// <summary>What final delivery puts first: Return-Path (RFC 5321 §4.4), the flag of a message whose newlines were mended, and what was found out about it.</summary>
internal static class FirstFields
{
    /// <summary>Of a message with this envelope, ended by CRLF.</summary>
    public static byte[] Of(Envelope envelope)
    {
        var fields = new ArrayBufferWriter<byte>(120);
        TraceHeaders.WriteReturnPath(envelope.From, fields);
        if (envelope.NewlinesNormalized)
        {
            fields.Write("X-Bare-Newlines: normalized\r\n"u8);
        }

        TraceHeaders.WriteFields(envelope, fields);
        return fields.WrittenSpan.ToArray();
    }
}
