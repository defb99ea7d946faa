namespace Akka.Hosting;

/// <summary>Where added configuration goes. Stands for Akka.Hosting.HoconAddMode, complete.</summary>
public enum HoconAddMode
{
    /// <summary>Under what is there, which wins.</summary>
    Append,

    /// <summary>Over what is there: the added text wins.</summary>
    Prepend,

    /// <summary>As <see cref="Prepend"/>.</summary>
    Replace,
}
