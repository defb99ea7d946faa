using System.Collections.Immutable;
using System.Text;
using ActorSmtp.Cli.Terminals;
using ActorSmtp.Client;
using ActorSmtp.Protocol.Mime;
using Spectre.Console;

namespace ActorSmtp.Cli.Sending;

/// <summary>Asks for a message step by step: what <c>send</c> does when it is called bare on a terminal. Each answer is checked at once.</summary>
internal static class SendQuestions
{
    /// <summary>An order from answers; null where the last question was answered with no.</summary>
    public static SendOrder? Ask(Terminal terminal)
    {
        var console = Consoles.Of(terminal.Error);
        console.MarkupLine("[bold]A new message.[/] Ctrl-C gives up; an empty answer takes what stands in brackets.");
        var server = console.Prompt(new TextPrompt<string>("Server:").DefaultValue(SendOptions.DefaultServer)
            .Validate(s => HostPort.TryParse(s) is null ? ValidationResult.Error(Markup.Escape(HostPort.Expected)) : ValidationResult.Success()));
        var order = new SendOrder { Server = SendOptions.ServerOf(server), Tls = AskTls(console) };
        order = AskLogin(order, console, terminal);
        order = order with
        {
            From = console.Prompt(new TextPrompt<string>("From:").AllowEmpty().Validate(text => Problem(text, one: true))),
            To = AskMany(console, "To:", needed: true),
            Cc = AskMany(console, "Cc [grey](none)[/]:", needed: false),
            Bcc = AskMany(console, "Bcc [grey](none)[/]:", needed: false),
            Subject = console.Prompt(new TextPrompt<string>("Subject:").AllowEmpty()
                .Validate(s => s.Any(char.IsControl) ? ValidationResult.Error("no control characters") : ValidationResult.Success())),
            Body = AskText(console, terminal),
            Attachments = AskFiles(console),
        };
        return console.Confirm($"Send it to {Markup.Escape(Printable.Line(string.Join(", ", [.. order.To, .. order.Cc, .. order.Bcc])))}?") ? order : null;
    }

    private static ClientTls AskTls(IAnsiConsole console) => console.Prompt(
        new TextPrompt<string>("TLS:").AddChoices(["auto", "starttls", "implicit", "off"]).DefaultValue("auto")) switch
    {
        "starttls" => ClientTls.StartTls,
        "implicit" => ClientTls.Implicit,
        "off" => ClientTls.Off,
        _ => ClientTls.Auto,
    };

    private static SendOrder AskLogin(SendOrder order, IAnsiConsole console, Terminal terminal)
    {
        var user = console.Prompt(new TextPrompt<string>("User [grey](no login)[/]:").AllowEmpty()
            .Validate(u => u.Any(char.IsControl) ? ValidationResult.Error("no control characters") : ValidationResult.Success()));
        return user.Length == 0 ? order : order with { User = user, Password = Secret.For(user, null, terminal) };
    }

    private static ImmutableArray<string> AskMany(IAnsiConsole console, string question, bool needed)
    {
        var answer = console.Prompt(new TextPrompt<string>(question).AllowEmpty().Validate(text =>
            text.Length == 0 && !needed ? ValidationResult.Success() : Problem(text, one: false)));
        return answer.Length == 0 ? [] : [answer];
    }

    private static string AskText(IAnsiConsole console, Terminal terminal)
    {
        console.MarkupLine("Text [grey](a line with a single dot ends it)[/]:");
        var text = new StringBuilder();
        while (terminal.In.ReadLine() is { } line && line != ".")
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }

    private static ImmutableArray<string> AskFiles(IAnsiConsole console)
    {
        var files = ImmutableArray.CreateBuilder<string>();
        while (true)
        {
            var file = console.Prompt(new TextPrompt<string>(files.Count == 0 ? "Attach a file [grey](none)[/]:" : "Another file [grey](no)[/]:").AllowEmpty()
                .Validate(path => path.Length == 0 || File.Exists(path) ? ValidationResult.Success() : ValidationResult.Error("there is no such file")));
            if (file.Length == 0)
            {
                return files.ToImmutable();
            }

            files.Add(file);
        }
    }

    /// <summary>An empty answer is one too: a prompt that takes none would say nothing and wait on.</summary>
    private static ValidationResult Problem(string text, bool one)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return ValidationResult.Error("an address is needed; Ctrl-C gives up");
        }

        var good = one ? MailboxAddress.TryParse(text, out _, out var problem) : AddressParser.TryParseStrict(text, out _, out problem);
        return good ? ValidationResult.Success() : ValidationResult.Error(Markup.Escape(Printable.Line(problem)));
    }
}
