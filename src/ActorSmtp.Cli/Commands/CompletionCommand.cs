using System.CommandLine;
using ActorSmtp.Cli.Terminals;

namespace ActorSmtp.Cli.Commands;

/// <summary>
/// <c>actorsmtp completion</c>: what a shell has to be told to complete our commands and options. The words come from the program itself, asked by its
/// <c>[suggest]</c> directive, so they are always those of the version that is installed.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # Completion of actorsmtp for bash. In ~/.bashrc:  source <(actorsmtp completion bash)
        _actorsmtp() {
          local word="${COMP_WORDS[COMP_CWORD]}" line
          COMPREPLY=()
          while IFS= read -r line; do
            [[ -n $line && $line == "$word"* ]] && COMPREPLY+=("$line")
          done < <("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
        }
        complete -o default -F _actorsmtp actorsmtp
        """;

    private const string Zsh = """
        #compdef actorsmtp
        # Completion of actorsmtp for zsh. In ~/.zshrc, behind compinit:  source <(actorsmtp completion zsh)
        _actorsmtp() {
          local -a words_there
          words_there=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          if [[ -n ${words_there[1]} ]]; then
            compadd -- "${words_there[@]}"
          else
            _files
          fi
        }
        compdef _actorsmtp actorsmtp
        """;

    private const string Fish = """
        # Completion of actorsmtp for fish:  actorsmtp completion fish > ~/.config/fish/completions/actorsmtp.fish
        function __actorsmtp_words
            set -l line (commandline -cp)
            actorsmtp "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c actorsmtp -a '(__actorsmtp_words)'
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var command = new Command("completion", """
            Writes what a shell needs to complete commands and options.
            Example: source <(actorsmtp completion bash)
            """)
        {
            shell,
        };
        command.SetAction(parsed =>
        {
            var script = parsed.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                var other => throw new CommandFailedException(ExitCodes.Usage, $"completion {other}: expected bash, zsh or fish"),
            };
            terminal.Out.Write(script.ReplaceLineEndings("\n") + "\n");
            return ExitCodes.Ok;
        });
        return command;
    }
}
