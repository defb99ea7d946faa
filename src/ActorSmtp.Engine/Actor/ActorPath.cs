using System.Globalization;

namespace Akka.Actor;

/// <summary>
/// Stands for Akka's <c>ActorPath</c>: the name of a place in the tree, <c>akka://system/user/a/b</c>. Equality looks at address and
/// names, never at the uid: two incarnations under one name have the same path. Left out: surrogates, span parsing.
/// </summary>
public abstract class ActorPath : IEquatable<ActorPath>, IComparable<ActorPath>
{
    /// <summary>The characters beside letters and digits that a name may have.</summary>
    public const string ValidSymbols = "\"-_.*$+:@&=,!~';\"()";

    private protected ActorPath()
    {
    }

    public abstract Address Address { get; }

    public abstract ActorPath Parent { get; }

    public abstract ActorPath Root { get; }

    public abstract string Name { get; }

    /// <summary>How many names lie between the root and this place; the root has 0.</summary>
    public abstract int Depth { get; }

    /// <summary>Tells incarnations under one path apart; 0 when unknown.</summary>
    public abstract long Uid { get; }

    /// <summary>The names from the root down to this place; none for the root.</summary>
    public IReadOnlyList<string> Elements
    {
        get
        {
            var elements = new string[Depth];
            var path = this;
            for (var i = elements.Length - 1; i >= 0; i--, path = path.Parent)
            {
                elements[i] = path.Name;
            }

            return elements;
        }
    }

    public ActorPath WithUid(long uid) => uid == Uid ? this
        : this is ChildActorPath ? new ChildActorPath(Parent, Name, uid)
        : throw new NotSupportedException("RootActorPath must have undefined Uid");

    public ActorPath Child(string childName) => this / childName;

    /// <summary>The ancestor at <paramref name="depth"/>; a negative depth counts upwards from here.</summary>
    public ActorPath ParentOf(int depth)
    {
        var path = this;
        for (var d = Depth; path is not RootActorPath && (depth >= 0 ? d > depth : d > Depth + depth); d--)
        {
            path = path.Parent;
        }

        return path;
    }

    public bool Equals(ActorPath other)
    {
        if (other is null || Depth != other.Depth)
        {
            return false;
        }

        var (a, b) = (this, other);
        while (!ReferenceEquals(a, b))
        {
            if (a is RootActorPath)
            {
                return a.Address.Equals(b.Address) && a.Name == b.Name;
            }

            if (!string.Equals(a.Name, b.Name, StringComparison.Ordinal))
            {
                return false;
            }

            (a, b) = (a.Parent, b.Parent);
        }

        return true;
    }

    public override bool Equals(object obj) => Equals(obj as ActorPath);

    public override int GetHashCode() => Depth == 0 ? Address.GetHashCode() : HashCode.Combine(Name, Depth, Parent.Name);

    public int CompareTo(ActorPath other)
    {
        if (other is null)
        {
            return 1;
        }

        var byAddress = Address.CompareTo(other.Address);
        if (byAddress != 0)
        {
            return byAddress;
        }

        var (a, b) = (Elements, other.Elements);
        for (var i = 0; i < Math.Min(a.Count, b.Count); i++)
        {
            var result = string.CompareOrdinal(a[i], b[i]);
            if (result != 0)
            {
                return result;
            }
        }

        return a.Count.CompareTo(b.Count);
    }

    public override string ToString() => Address + ToStringWithoutAddress();

    public string ToStringWithoutAddress() => Depth == 0 ? "/" : "/" + string.Join('/', Elements);

    public string ToStringWithUid() => AppendUid(ToStringWithAddress());

    public string ToStringWithAddress() => ToStringWithAddress(Address);

    /// <summary>With <paramref name="address"/> where this path has only a local one.</summary>
    public string ToStringWithAddress(Address address) => (Address.HasGlobalScope ? Address : address) + ToStringWithoutAddress();

    public string ToSerializationFormat() => AppendUid(ToStringWithAddress());

    public string ToSerializationFormatWithAddress(Address address) => AppendUid(ToStringWithAddress(address));

    private string AppendUid(string text) => Uid == 0 ? text : text + "#" + Uid.ToString(CultureInfo.InvariantCulture);

    public static string FormatPathElements(IEnumerable<string> pathElements) => "/" + string.Join('/', pathElements);

    public static ActorPath Parse(string path) => TryParse(path, out var parsed)
        ? parsed
        : throw new UriFormatException($"Can not parse an ActorPath: {path}");

    public static bool TryParse(string path, out ActorPath actorPath)
    {
        actorPath = null;
        if (!TryParseAddress(path, out var address))
        {
            return false;
        }

        var slash = path.IndexOf('/', path.IndexOf("://", StringComparison.Ordinal) + 3);
        return TryParse(new RootActorPath(address), slash < 0 ? "" : path[slash..], out actorPath);
    }

    /// <summary>Parses names, with a uid after <c>#</c> at the end, below <paramref name="basePath"/>.</summary>
    public static bool TryParse(ActorPath basePath, string absoluteUri, out ActorPath actorPath)
    {
        actorPath = null;
        var hash = absoluteUri.IndexOf('#');
        var uid = 0L;
        if (hash >= 0)
        {
            if (!long.TryParse(absoluteUri.AsSpan(hash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out uid))
            {
                return false;
            }

            absoluteUri = absoluteUri[..hash];
        }

        var path = basePath;
        foreach (var name in absoluteUri.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = new ChildActorPath(path, name, 0);
        }

        actorPath = uid == 0 ? path : path.WithUid(uid);
        return true;
    }

    public static bool TryParseAddress(string path, out Address address) => Address.TryParse(path, out address);

    /// <summary>Whether an actor may have this name: no '/', '?', '#', space or other than ASCII; not empty, not beginning with '$'.</summary>
    public static bool IsValidPathElement(string s)
    {
        if (string.IsNullOrEmpty(s) || s[0] == '$')
        {
            return false;
        }

        for (var i = 0; i < s.Length; i++)
        {
            var c = s[i];
            if (char.IsAsciiLetterOrDigit(c) || "-_.*$+:@&=,!~';()".Contains(c))
            {
                continue;
            }

            if (c != '%' || i + 2 >= s.Length || !char.IsAsciiHexDigit(s[i + 1]) || !char.IsAsciiHexDigit(s[i + 2]))
            {
                return false;
            }

            i += 2;
        }

        return true;
    }

    public static ActorPath operator /(ActorPath path, string name)
    {
        var hash = name.IndexOf('#');
        return hash < 0
            ? new ChildActorPath(path, name, 0)
            : new ChildActorPath(path, name[..hash], long.Parse(name.AsSpan(hash + 1), CultureInfo.InvariantCulture));
    }

    public static ActorPath operator /(ActorPath path, IEnumerable<string> name)
    {
        foreach (var element in name)
        {
            if (element.Length > 0)
            {
                path /= element;
            }
        }

        return path;
    }

    public static bool operator ==(ActorPath left, ActorPath right) => left?.Equals(right) ?? right is null;

    public static bool operator !=(ActorPath left, ActorPath right) => !(left == right);
}

/// <summary>The root of one system's tree. Stands for Akka's class of that name (public there).</summary>
internal sealed class RootActorPath(Address address) : ActorPath
{
    public override Address Address { get; } = address;

    public override ActorPath Parent => this;

    public override ActorPath Root => this;

    public override string Name => "/";

    public override int Depth => 0;

    public override long Uid => 0;
}

/// <summary>A place below another. Stands for Akka's class of that name (public there). Small on purpose: each actor has one.</summary>
internal sealed class ChildActorPath(ActorPath parent, string name, long uid) : ActorPath
{
    public override Address Address => Root.Address;

    public override ActorPath Parent { get; } = parent;

    public override ActorPath Root
    {
        get
        {
            var path = Parent;
            while (path is ChildActorPath)
            {
                path = path.Parent;
            }

            return path;
        }
    }

    public override string Name { get; } = name;

    public override int Depth
    {
        get
        {
            var depth = 1;
            for (var path = Parent; path is ChildActorPath; path = path.Parent)
            {
                depth++;
            }

            return depth;
        }
    }

    public override long Uid { get; } = uid;
}
