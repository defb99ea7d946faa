using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace ActorSmtp.Protocol.Results;

/// <summary>A property of a result: <c>header.d=example.com</c>.</summary>
/// <param name="Type">smtp, header, body or policy.</param>
/// <param name="Name">What of it.</param>
/// <param name="Value">As meant, without quotes.</param>
public sealed record ResultProperty(string Type, string Name, string Value);

/// <summary>What one method says.</summary>
/// <param name="Method">spf, dkim, dmarc, arc, iprev, auth …</param>
/// <param name="Word">pass, fail, none …</param>
/// <param name="Comment">For people, in parentheses; null: none. Is not read back.</param>
/// <param name="Reason">Why, in words; null: not said.</param>
/// <param name="Properties">What was looked at.</param>
public sealed record MethodResult(string Method, string Word, string? Comment, string? Reason, ImmutableArray<ResultProperty> Properties);

/// <summary>An Authentication-Results field (RFC 8601): what a server has found out of a message's origin.</summary>
/// <param name="Server">Who says so (authserv-id).</param>
/// <param name="Results">What it says; empty: <c>none</c>.</param>
public sealed record AuthenticationResults(string Server, ImmutableArray<MethodResult> Results)
{
    /// <summary>The field's name.</summary>
    public const string FieldName = "Authentication-Results";

    private const int MostResults = 100;
    private const int MostProperties = 100;

    /// <summary>The whole field, folded, a result a line, with its line end. Whatever strangers wrote is made printable ASCII and quoted where it must be.</summary>
    public string ToField(string name = FieldName, string start = "")
    {
        var text = new StringBuilder(name).Append(": ").Append(start).Append(Value(Server));
        if (Results.IsEmpty)
        {
            text.Append("; none");
        }

        foreach (var result in Results)
        {
            text.Append(CultureInfo.InvariantCulture, $";\r\n\t{result.Method}={result.Word}");
            var length = result.Method.Length + result.Word.Length + 9;
            Add(result.Comment is { } comment ? $"({Comment(comment)})" : null);
            Add(result.Reason is { } reason ? $"reason={Quoted(reason)}" : null);
            foreach (var (type, property, value) in result.Properties)
            {
                Add($"{type}.{property}={Value(value)}");
            }

            void Add(string? piece)
            {
                if (piece is null)
                {
                    return;
                }

                var folds = length + 1 + piece.Length > 78;
                text.Append(folds ? "\r\n\t\t" : " ").Append(piece);
                length = (folds ? 16 : length + 1) + piece.Length;
            }
        }

        return text.Append("\r\n").ToString();
    }

    /// <summary>
    /// Reads the value of a field, unfolded or not; null where it is none. Comments are left out, versions too, and what is beyond a hundred results of a hundred properties.
    /// </summary>
    public static AuthenticationResults? TryParse(string value)
    {
        var reader = new ResultsReader(value);
        if (reader.TakeValue() is not { Length: > 0 } server)
        {
            return null;
        }

        reader.TakeVersion();
        var results = ImmutableArray.CreateBuilder<MethodResult>();
        while (reader.Take(';'))
        {
            if (reader.IsAtEnd)
            {
                break;                                              // a last semicolon is common
            }

            if (reader.TakeToken() is not { } method)
            {
                return null;
            }

            if (method.Equals("none", StringComparison.OrdinalIgnoreCase) && results.Count == 0 && reader.IsAtEnd)
            {
                break;
            }

            if (reader.Take('/'))
            {
                reader.TakeToken();
            }

            if (!reader.Take('=') || reader.TakeToken() is not { } word)
            {
                return null;
            }

            string? reason = null;
            var properties = ImmutableArray.CreateBuilder<ResultProperty>();
            while (reader.TakeToken() is { } type)
            {
                if (type.Equals("reason", StringComparison.OrdinalIgnoreCase) && reader.Take('='))
                {
                    if ((reason = reader.TakeValue()) is null)
                    {
                        return null;
                    }
                }
                else if (reader.Take('.') && reader.TakeToken() is { } property && reader.Take('=') && reader.TakePropertyValue() is { } content)
                {
                    if (properties.Count < MostProperties)
                    {
                        properties.Add(new ResultProperty(type.ToLowerInvariant(), property.ToLowerInvariant(), content));
                    }
                }
                else
                {
                    return null;
                }
            }

            if (results.Count < MostResults)
            {
                results.Add(new MethodResult(method.ToLowerInvariant(), word.ToLowerInvariant(), null, reason, properties.ToImmutable()));
            }
        }

        return reader.IsAtEnd ? new AuthenticationResults(server, results.ToImmutable()) : null;
    }

    /// <summary>
    /// Whether a field that came with a message has to go (RFC 8601 §5): its server is this one, in whatever writing of its labels, or it cannot be read so far; or it is of a version
    /// that nobody here understands.
    /// </summary>
    /// <param name="value">Of the field, folded or not.</param>
    /// <param name="server">Our name.</param>
    public static bool HasToGo(string value, string server)
    {
        var reader = new ResultsReader(value);
        return reader.TakeValue() is not { Length: > 0 } claimed
            || reader.TakeVersion() is not (null or "1")
            || Smtp.DomainName.ToCanonical(claimed.TrimEnd('.')) == Smtp.DomainName.ToCanonical(server);
    }

    private static string Value(string text)
    {
        var clean = Clean(text);
        return clean.Length > 0 && clean.All(c => c != ':' && ResultsReader.IsValueCharacter(c)) ? clean : Quoted(clean);
    }

    private static string Quoted(string text) => "\"" + Clean(text).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";

    private static string Comment(string text) => string.Concat(Clean(text).Select(c => c is '(' or ')' or '\\' ? '\'' : c));

    private static string Clean(string text) => Smtp.Reply.Clean(text.Length > 300 ? text[..300] : text);
}
