namespace Akka;

/// <summary>Stands for Akka's <c>NotUsed</c>: a type parameter nobody looks at.</summary>
public sealed class NotUsed : IEquatable<NotUsed>, IComparable<NotUsed>
{
    public static readonly NotUsed Instance = new();

    private NotUsed()
    {
    }

    public int CompareTo(NotUsed other) => 0;

    public bool Equals(NotUsed other) => true;

    public override bool Equals(object obj) => obj is NotUsed;

    public override int GetHashCode() => 0;

    public override string ToString() => "()";
}
