using ActorSmtp.Protocol.Mime;

namespace ActorSmtp.Fuzzing.Targets;

/// <summary>Messages: everything a reader may ask of one, without an exception; parts lie inside their parents and the limits hold.</summary>
internal sealed class MimeTarget : FuzzTarget
{
    private static readonly MimeLimits Tight = new(MaxDepth: 4, MaxParts: 20, MaxHeaderFields: 30, MaxHeaderBytes: 2000);

    public override string Name => "mime";

    public override IReadOnlyList<byte[]> Corpus { get; } = Octets(
        "From: Ann <ann@example.com>\r\nTo: bob@example.org, group: c@d, e@f;\r\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\r\nDate: Sun, 22 Nov 2026 10:00:00 +0100\r\nMessage-ID: <a@b>\r\n\r\nhello\r\n",
        "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\npre\r\n--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe=\r\n\r\n--b\r\nContent-Type: application/octet-stream; name*0*=utf-8''%C3; name*1*=%BC\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"../a b.txt\"\r\n\r\nAAEC\r\n--b--\r\nepilogue",
        "Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\n\r\na\r\n--c\r\nContent-Type: text/html\r\n\r\n<b>a</b>\r\n--c--\r\n",
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\n\r\n--xx--\r\n--x--\r\n",
        "Subject: folded\r\n header\r\n\tfield\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 f\r\n#86)C\r\n`\r\nend\r\n", "\r\n\r\n", "");

    public override IReadOnlyList<byte[]> Words { get; } = [.. Common, .. Octets(
        "\r\n--b\r\n", "\r\n--b--\r\n", "Content-Type: ", "multipart/mixed; boundary=b", "message/rfc822", "; charset=", "utf-7", "utf-16", "iso-2022-jp", "gb18030", "Content-Transfer-Encoding: ", "base64", "quoted-printable",
        "=?utf-8?Q?", "?=", "=?", "From: ", "group:", ";", "(", ")", "=20", "=\r\n", "; filename*0*=", "%C3", "Date: ", "Mon, 1 Jan 99 25:61 +9999", "begin 644 x\r\n", "M", "\r\n\r\n")];

    public override void Try(byte[] input, Dice dice)
    {
        var limits = dice.OneIn(3) ? Tight : MimeLimits.Ample;
        var root = MimeReader.Read(input, limits);
        Hold(root.Raw.Length == input.Length, "the whole is not whole");
        var parts = 0;
        foreach (var entity in root.Walk())
        {
            Hold(++parts <= limits.MaxParts + 1, $"{parts} parts, {limits.MaxParts} may be");
            Hold(entity.Raw.Span.EndsWith(entity.RawBody.Span), "a body outside its part");
            Hold(entity.Parts.All(p => p.Raw.Length <= entity.RawBody.Length), "a part larger than its parent");
            var content = entity.DecodeContent();
            Hold(content.Length == entity.DecodedLength, $"{content.Length} octets decoded, {entity.DecodedLength} announced");
            Hold(content.Length <= entity.RawBody.Length, "more came out than was in");
            _ = (entity.DecodeText(), entity.FileName, entity.ContentId, entity.Headers.Subject, entity.Headers.From, entity.Headers.To, entity.Headers.Cc, entity.Headers.ReplyTo);
            _ = (entity.Headers.Sender, entity.Headers.Date, entity.Headers.MessageId, entity.Headers.InReplyTo, entity.Headers.References);
        }
    }
}
