using System.Text;

namespace ActorSmtp.Client.Tests.Checks;

/// <summary>AUTH by PLAIN and LOGIN.</summary>
internal sealed partial class TextbookSession
{
    private string OnAuth(string rest)
    {
        var words = rest.Split(' ');
        if (Mail || LoggedIn || !Secure)
        {
            return "503 5.5.1 order";
        }

        switch (words[0].ToUpperInvariant())
        {
            case "PLAIN" when words.Length == 2:
                _mode = Mode.Plain;
                return Respond(words[1]);
            case "PLAIN":
                _mode = Mode.Plain;
                return "334 ";
            case "LOGIN":
                (_mode, _name) = (Mode.Login, null);
                return "334 VXNlcm5hbWU6";
            default:
                return "504 5.5.4 mechanism";
        }
    }

    private string Respond(string line)
    {
        var mode = _mode;
        _mode = Mode.Commands;
        if (line == "*")
        {
            return "501 5.7.0 cancelled";
        }

        if (line.Length > 12288)
        {
            return "500 5.5.6 too long";
        }

        var octets = new byte[line.Length];
        if (line.Any(char.IsWhiteSpace) || !Convert.TryFromBase64String(line, octets, out var length))
        {
            return "501 5.5.2 no base64";
        }

        var text = Encoding.UTF8.GetString(octets, 0, length);
        if (mode == Mode.Login && _name is null)
        {
            (_name, _mode) = (text, Mode.Login);
            return "334 UGFzc3dvcmQ6";
        }

        LoggedIn = mode == Mode.Login ? (_name, text) == ("bob", "secret") : text == "\0bob\0secret";
        return LoggedIn ? "235 2.7.0 welcome" : "535 5.7.8 no";
    }
}
