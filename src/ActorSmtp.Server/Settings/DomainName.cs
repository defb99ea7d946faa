namespace ActorSmtp.Server.Settings;

/// <summary>Checks the domain names which stand in settings.</summary>
internal static class DomainName
{
    public const string Expected = "expected a domain name: letters, digits and '-', with dots between, at most 255 characters";

    /// <summary>
    /// A name of labels (RFC 5321 §4.1.2 sub-domain, letters beyond ASCII included as RFC 6531 §3.3 allows); each at most 63 characters and
    /// without '-' at its ends.
    /// </summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 255 && name.Split('.').All(label =>
            label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsLetterOrDigit(c) || c == '-'));
}
