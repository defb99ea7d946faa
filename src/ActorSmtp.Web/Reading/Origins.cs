using ActorSmtp.Protocol.Mime;
using ActorSmtp.Protocol.Results;

namespace ActorSmtp.Web.Reading;

/// <summary>Who sent a message, as this server found out when it came.</summary>
/// <param name="Server">Who says so.</param>
/// <param name="Results">What each method says, in order.</param>
/// <param name="Policy">What the checks marked it for (X-Policy); null: for nothing.</param>
internal sealed record OriginDocument(string? Server, IReadOnlyList<OriginResult> Results, string? Policy);

/// <summary>What one method says (RFC 8601).</summary>
/// <param name="Method">iprev, spf, dkim, arc or dmarc.</param>
/// <param name="Result">pass, fail, none …</param>
/// <param name="Reason">Why, in words; null: not said.</param>
/// <param name="Properties">What was looked at: <c>smtp.mailfrom</c>, <c>header.d</c> …</param>
internal sealed record OriginResult(string Method, string Result, string? Reason, IReadOnlyDictionary<string, string> Properties);

/// <summary>Reads it from the message: what stands above our own Received line nobody else has written.</summary>
internal static class Origins
{
    private const int MostAbove = 20;

    /// <summary>What was found out; null: nothing was, or another program put the message there.</summary>
    public static OriginDocument? Of(HeaderList headers, bool cameByUs)
    {
        if (!cameByUs)
        {
            return null;
        }

        AuthenticationResults? results = null;
        string? policy = null;
        foreach (var field in headers.Take(MostAbove).TakeWhile(f => !f.NameIs("Received")))
        {
            if (field.NameIs(AuthenticationResults.FieldName))
            {
                results ??= AuthenticationResults.TryParse(field.Value);
            }
            else if (field.NameIs("X-Policy"))
            {
                policy ??= field.Decoded;
            }
        }

        return results is null && policy is null ? null : new OriginDocument(results?.Server, [.. results?.Results.Select(Of) ?? []], policy);
    }

    private static OriginResult Of(MethodResult result)
    {
        var properties = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var property in result.Properties)
        {
            properties.TryAdd($"{property.Type}.{property.Name}", property.Value);
        }

        return new OriginResult(result.Method, result.Word, result.Reason, properties);
    }
}
