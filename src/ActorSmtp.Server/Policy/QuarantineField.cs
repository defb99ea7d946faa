using System.Text;

namespace ActorSmtp.Server.Policy;

/// <summary>Tells who reads the quarantine why a message is there, and who was to get it.</summary>
internal static class QuarantineField
{
    private const int MostNamed = 20;

    /// <summary>The field, with its line end.</summary>
    /// <param name="why">Whatever it holds, it stays one field.</param>
    public static string Of(string why, PolicyFacts facts)
    {
        var field = new StringBuilder("X-Quarantine: ").Append(Clean(why)).Append(";\r\n\tfrom=").Append(Clean(facts.Sender?.ToString() ?? "<>"));
        var named = 0;
        foreach (var recipient in facts.Transaction?.InOrder() ?? [])
        {
            if (++named > MostNamed)
            {
                field.Append(";\r\n\tand ").Append(facts.Transaction!.Count - MostNamed).Append(" more");
                break;
            }

            field.Append(";\r\n\tto=<").Append(Clean(recipient.Address.ToString())).Append('>');
        }

        return field.Append("\r\n").ToString();
    }

    private static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (var c in text.Length > 320 ? text[..320] : text)
        {
            clean.Append(c is >= ' ' and <= '~' ? c : '?');
        }

        return clean.ToString();
    }
}
