namespace ActorSmtp.Server.Settings;

/// <summary>Where figures, traces and logs go besides the console and the files.</summary>
/// <param name="Otlp">A collector's address: http(s)://HOST:PORT or grpc://HOST:PORT; null: nowhere.</param>
/// <param name="TracePercent">Of so many messages in a hundred traces are sent.</param>
/// <param name="Every">How often figures are sent.</param>
public sealed record TelemetrySettings(Uri? Otlp, int TracePercent, TimeSpan Every)
{
    private const string Expected = "the address of an OTLP collector: http://HOST:4318, https://HOST:4318 or grpc://HOST:4317; or \"\" for none";

    internal static TelemetrySettings From(SettingsReader r) => new(
        Otlp: r.Text("otlp").Length == 0 ? null : r.Parsed("otlp", Expected, Parse),
        TracePercent: r.Int("trace-percent", min: 0, max: 100),
        Every: r.Duration("every", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));

    private static Uri? Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" or "grpc" && uri.Host.Length > 0 && uri.AbsolutePath is "/" or ""
            && string.IsNullOrEmpty(uri.UserInfo)
            ? uri
            : null;
}
