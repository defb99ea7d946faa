using System.Globalization;

namespace Akka.Event;

/// <summary>Stands for Akka's <c>ILogMessageFormatter</c>: fills a template when the line is read.</summary>
public interface ILogMessageFormatter
{
    string Format(string format, params object[] args);

    string Format(string format, IEnumerable<object> args);
}

/// <summary>Stands for Akka's <c>DefaultLogMessageFormatter</c>: positional holes, <c>{0}</c>.</summary>
public class DefaultLogMessageFormatter : ILogMessageFormatter
{
    public static readonly DefaultLogMessageFormatter Instance = new();

    private DefaultLogMessageFormatter()
    {
    }

    public string Format(string format, params object[] args) => string.Format(CultureInfo.CurrentCulture, format, args);

    public string Format(string format, IEnumerable<object> args) => Format(format, args.ToArray());
}

/// <summary>
/// Stands for Akka's <c>LogMessage</c>: a template and its values, put together when somebody reads it. Values captured by reference are read then.
/// </summary>
public abstract class LogMessage
{
    protected readonly ILogMessageFormatter Formatter;

    public LogMessage(ILogMessageFormatter formatter, string format)
    {
        Formatter = formatter;
        Format = format;
    }

    public string Format { get; private set; }

    public abstract IEnumerable<object> Parameters();

    /// <summary>The template with its values behind it.</summary>
    public abstract string Unformatted();
}

/// <summary>The one implementation. Stands for Akka's <c>DefaultLogMessage</c> and <c>LogValues</c>.</summary>
internal sealed class TemplateMessage(ILogMessageFormatter formatter, string format, object[] values) : LogMessage(formatter, format)
{
    public override IEnumerable<object> Parameters() => values;

    public override string Unformatted() => values.Length == 0 ? Format : $"{Format}, args: {string.Join(',', values)}";

    public override string ToString()
    {
        try
        {
            return Formatter.Format(Format, values);
        }
        catch (FormatException e)
        {
            // A line of the log must not bring its writer down.
            return $"{Unformatted()} [{e.Message}]";
        }
    }
}
