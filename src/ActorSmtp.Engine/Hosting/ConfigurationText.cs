using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Akka.Hosting;

/// <summary>A host's configuration as HOCON text. In place of Akka.Hosting's ConfigurationHoconAdapter, which is public there.</summary>
internal static class ConfigurationText
{
    public static string ToHoconText(this IConfiguration configuration, bool normalizeKeys)
    {
        var text = new StringBuilder();
        if (configuration is IConfigurationSection section)
            AppendField(text, section, normalizeKeys);
        else
            AppendFields(text, configuration, normalizeKeys);
        return text.ToString();
    }

    private static void AppendFields(StringBuilder text, IConfiguration configuration, bool normalizeKeys)
    {
        foreach (var child in configuration.GetChildren())
            AppendField(text, child, normalizeKeys);
    }

    private static void AppendField(StringBuilder text, IConfigurationSection section, bool normalizeKeys)
    {
        var key = (normalizeKeys ? section.Key.ToLowerInvariant() : section.Key).Replace('_', '-');
        text.AppendJoin('.', key.Split('.').Select(Quoted)).Append(" = ");
        AppendValue(text, section, normalizeKeys);
        text.Append('\n');
    }

    private static void AppendValue(StringBuilder text, IConfigurationSection section, bool normalizeKeys)
    {
        var children = section.GetChildren().ToList();
        if (children.Count == 0)
        {
            text.Append(section.Value switch
            {
                null => "null",
                "True" => "on",
                "False" => "off",
                var value => Quoted(value),
            });
        }
        else if (children.All(child => int.TryParse(child.Key, out _)))
        {
            text.Append('[');
            foreach (var (index, child) in children.OrderBy(child => int.Parse(child.Key)).Index())
            {
                text.Append(index == 0 ? "" : ", ");
                AppendValue(text, child, normalizeKeys);
            }
            text.Append(']');
        }
        else
        {
            text.Append("{\n");
            AppendFields(text, section, normalizeKeys);
            text.Append('}');
        }
    }

    private static string Quoted(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
