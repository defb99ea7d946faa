using System.Collections.Immutable;
using System.Text;

namespace ActorSmtp.Hocon.Parsing;

/// <content>Key paths, and paths inside substitutions.</content>
internal sealed partial class TextParser
{
    // Stops before what cannot stand in a path; white space inside an element is part of it, around the whole it is not.
    private HoconPath PathElements(bool inSubstitution)
    {
        var start = Place;
        var elements = ImmutableArray.CreateBuilder<string>();
        var element = new StringBuilder();
        var isQuoted = false;
        var space = _at; // start of white space not yet known to lie inside an element
        while (true)
        {
            space = _at;
            SkipSpace();
            if (AtEnd || Here == '\n' || AtComment() || (EndsUnquoted(Here) && Here != '"'))
            {
                break;
            }

            if (element.Length > 0 || isQuoted)
            {
                element.Append(_text, space, _at - space);
            }

            if (Here == '"')
            {
                element.Append(Quoted());
                isQuoted = true;
            }
            else if (Here == '.')
            {
                if (element.Length == 0 && !isQuoted)
                {
                    throw Wrong("a dot without a key before it; take it away, or put the key in quotes if the dot belongs to it");
                }

                _at++;
                elements.Add(element.ToString());
                element.Clear();
                isQuoted = false;
            }
            else
            {
                element.Append(Here);
                _at++;
            }
        }

        if (element.Length > 0 || isQuoted)
        {
            elements.Add(element.ToString());
            return HoconPath.Of(elements.ToArray());
        }

        throw elements.Count > 0
            ? Wrong("a dot without a key behind it; take it away, or put the key in quotes if the dot belongs to it")
            : Wrong(start, inSubstitution
                ? $"{Shown} where a path is expected; write ${{a.b}}"
                : $"{Shown} where a key is expected; a key is letters, digits, '-', '_' or a text in quotes");
    }
}
