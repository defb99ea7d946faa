using System.Text;

namespace ActorSmtp.Hocon;

/// <summary>
/// Writes resolved values as plain HOCON: one key a level, every string in quotes, no substitution, include, comment or <c>+=</c>.
/// This is the part of the language which Akka.NET's own parser reads as the specification means it.
/// </summary>
public static class HoconRenderer
{
    /// <summary>An object's fields as a text of lines, without braces around the whole.</summary>
    public static string Render(HoconObject root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var text = new StringBuilder();
        foreach (var (key, value) in root)
        {
            Field(text, key, value, indent: 0);
        }

        return text.ToString();
    }

    /// <summary>Any value on one line.</summary>
    public static string OneLine(HoconValue value)
    {
        var text = new StringBuilder();
        Value(text, value, indent: -1);
        return text.ToString();
    }

    /// <summary>A text in quotes with JSON's escapes.</summary>
    public static string Quote(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    private static void Field(StringBuilder text, string key, HoconValue value, int indent)
    {
        text.Append(' ', indent * 2).Append(HoconPath.QuoteKey(key)).Append(value is HoconObject ? " " : " = ");
        Value(text, value, indent);
        text.Append('\n');
    }

    // indent < 0: everything on one line.
    private static void Value(StringBuilder text, HoconValue value, int indent)
    {
        switch (value)
        {
            case HoconObject fields:
                Object(text, fields, indent);
                break;
            case HoconArray items:
                text.Append('[');
                for (var i = 0; i < items.Count; i++)
                {
                    text.Append(i == 0 ? "" : ", ");
                    Value(text, items[i], indent: -1);
                }

                text.Append(']');
                break;
            case HoconScalar scalar:
                text.Append(scalar.Kind == HoconScalarKind.String ? Quote(scalar.Text) : scalar.Text);
                break;
        }
    }

    private static void Object(StringBuilder text, HoconObject fields, int indent)
    {
        if (indent < 0)
        {
            text.Append('{');
            var first = true;
            foreach (var (key, value) in fields)
            {
                text.Append(first ? " " : ", ").Append(HoconPath.QuoteKey(key)).Append(" = ");
                Value(text, value, indent);
                first = false;
            }

            text.Append(first ? "}" : " }");
            return;
        }

        text.Append("{\n");
        foreach (var (key, value) in fields)
        {
            Field(text, key, value, indent + 1);
        }

        text.Append(' ', indent * 2).Append('}');
    }
}
