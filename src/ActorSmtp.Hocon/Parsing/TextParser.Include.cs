namespace ActorSmtp.Hocon.Parsing;

/// <content>include "x", include file("x"), include required(…): the other text's fields, as if they stood here.</content>
internal sealed partial class TextParser
{
    private static readonly (string Word, HoconIncludeKind Kind)[] Forms =
        [("file(", HoconIncludeKind.File), ("url(", HoconIncludeKind.Url), ("classpath(", HoconIncludeKind.Resource)];

    private bool AtInclude()
    {
        const string word = "include";
        if (!_text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal))
        {
            return false;
        }

        var next = _at + word.Length;
        while (next < _text.Length && IsSpace(_text[next]))
        {
            next++;
        }

        var rest = _text.AsSpan(next);
        if (rest.StartsWith("\"") || rest.StartsWith("required(") || Forms.Any(f => _text.AsSpan(next).StartsWith(f.Word)))
        {
            return true;
        }

        // Unquoted, the word at the start of a key is kept for the statement.
        return rest is [':' or '=' or '{' or '.', ..]
            ? throw Wrong("include needs a name: include \"file.conf\"; a key of this name is written \"include\"")
            : false;
    }

    private void Include(ObjectNode target, HoconPath path, int depth)
    {
        var origin = Place;
        _at += "include".Length;
        SkipSpace();
        var required = Accept("required(");
        SkipSpace();
        var kind = HoconIncludeKind.Plain;
        foreach (var form in Forms)
        {
            if (Accept(form.Word))
            {
                kind = form.Kind;
                SkipSpace();
                break;
            }
        }

        if (Here != '"')
        {
            throw Wrong($"{Shown} where the name of an include is expected; write include \"file.conf\"");
        }

        var name = Quoted();
        Close(kind != HoconIncludeKind.Plain);
        Close(required);
        if (name.Length == 0)
        {
            throw Wrong(origin, "the name of the include is empty; write include \"file.conf\"");
        }

        if (IsAkka)
        {
            AkkaInclude(target, name, origin);
            return;
        }

        _includes.Enter(origin);
        var found = false;
        foreach (var candidate in Candidates(kind, name))
        {
            if (_includes.Read(new HoconInclude(kind, candidate, _source), origin) is { } text)
            {
                found = true;
                Layering.Absorb(target, Parse(text.Text, text.Source, _dialect, _includes, path, _depthAbove + depth), _dialect);
            }
        }

        _includes.Leave();
        if (required && !found)
        {
            throw new HoconException(HoconMistake.Include, origin,
                $"\"{name}\" is required and does not exist; make the file, mend the name, or leave out required(…)");
        }
    }

    // A plain name without an ending stands for NAME.json and NAME.conf; the second wins.
    private static string[] Candidates(HoconIncludeKind kind, string name) =>
        kind != HoconIncludeKind.Plain || Path.HasExtension(name) ? [name] : [name + ".json", name + ".conf"];

    private void AkkaInclude(ObjectNode target, string name, HoconOrigin origin)
    {
        if (_includes.AkkaInclude is not { } read)
        {
            throw new HoconException(HoconMistake.Include, origin, $"include \"{name}\" needs a callback that answers it");
        }

        Layering.Absorb(target, read(name), _dialect);
    }

    private bool Accept(string word)
    {
        var isHere = _text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal);
        _at += isHere ? word.Length : 0;
        return isHere;
    }

    private void Close(bool expected)
    {
        if (!expected)
        {
            return;
        }

        SkipSpace();
        if (Here != ')')
        {
            throw Wrong($"{Shown} behind the name of an include; expected ')'");
        }

        _at++;
    }
}
