namespace Akka;

/// <summary>Stands for Akka's <c>Done</c>: says that something is over, without a value.</summary>
public sealed class Done
{
    public static readonly Done Instance = new();

    private Done()
    {
    }
}
