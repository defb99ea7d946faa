using System.Text;
using System.Text.Json;

namespace ActorSmtp.Protocol.Sasl;

/// <summary>The JSON with which a token is refused (RFC 7628 §3.2.2, and XOAUTH2's own form of it).</summary>
internal static class TokenErrors
{
    private const int MostShown = 300;

    public static byte[] OAuthBearer(TokenHint hint) => Write(json =>
    {
        json.WriteString("status", "invalid_token");        // one answer for every fault: the log has the cause
        if (hint.Scope.Length > 0)
        {
            json.WriteString("scope", hint.Scope);
        }

        if (hint.Configuration.Length > 0)
        {
            json.WriteString("openid-configuration", hint.Configuration);
        }
    });

    public static byte[] XOAuth2(TokenHint hint) => Write(json =>
    {
        json.WriteString("status", "401");
        json.WriteString("schemes", "bearer");
        if (hint.Scope.Length > 0)
        {
            json.WriteString("scope", hint.Scope);
        }
    });

    /// <summary>What a server complained of, for people: printable and short.</summary>
    public static string Shown(string challenge)
    {
        if (!Base64Text.TryDecode(challenge.Trim(), 4096, out var octets))
        {
            return "an error that cannot be read";
        }

        var text = new StringBuilder(Encoding.UTF8.GetString(octets));
        for (var i = 0; i < text.Length; i++)
        {
            text[i] = char.IsControl(text[i]) ? ' ' : text[i];
        }

        return text.Length > MostShown ? text.ToString(0, MostShown) + "…" : text.ToString();
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
