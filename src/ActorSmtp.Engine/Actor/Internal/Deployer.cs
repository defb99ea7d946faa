using Akka.Configuration;

namespace Akka.Actor.Internal;

/// <summary>
/// What <c>akka.actor.deployment</c> says of actors by their path below /user; <c>*</c> stands for any one name. Stands for Akka's <c>Deployer</c>
/// (public there). A router in a deployment is refused: there are none here.
/// </summary>
internal sealed class Deployer
{
    private readonly List<(string[] Path, Deploy Deploy)> _deployments = [];

    internal Deployer(Config root)
    {
        if (root.GetConfig("akka.actor.deployment") is not { } deployments)
        {
            return;
        }

        foreach (var (key, value) in deployments.AsEnumerable())
        {
            if (key == "default" || !value.IsObject())
            {
                continue;
            }

            var config = value.ToConfig();
            if (config.GetString("router") is { Length: > 0 } router and not "from-code")
            {
                throw new ConfigurationException($"akka.actor.deployment.{key}.router = {router}: this engine has no routers.");
            }

            _deployments.Add((
                key.Split('/', StringSplitOptions.RemoveEmptyEntries),
                new Deploy(config.GetString("dispatcher"), config.GetString("mailbox"), config.GetInt("stash-capacity", Deploy.NoStashSize), config)));
        }
    }

    /// <summary>The deployment of an actor, or null. Exact names win over wildcards.</summary>
    internal Deploy Find(ActorPath path)
    {
        if (_deployments.Count == 0)
        {
            return null;
        }

        var elements = path.Elements;
        if (elements.Count < 2 || elements[0] != "user")
        {
            return null;
        }

        (int Wildcards, Deploy Deploy) best = (int.MaxValue, null);
        foreach (var (pattern, deploy) in _deployments)
        {
            if (pattern.Length != elements.Count - 1)
            {
                continue;
            }

            var wildcards = 0;
            for (var i = 0; i < pattern.Length && wildcards >= 0; i++)
            {
                wildcards = pattern[i] == "*" ? wildcards + 1 : pattern[i] == elements[i + 1] ? wildcards : -1;
            }

            if (wildcards >= 0 && wildcards < best.Wildcards)
            {
                best = (wildcards, deploy);
            }
        }

        return best.Deploy;
    }
}
