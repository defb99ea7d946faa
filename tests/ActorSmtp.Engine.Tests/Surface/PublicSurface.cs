using System.Reflection;

namespace ActorSmtp.Engine.Tests.Surface;

/// <summary>
/// What an assembly shows to the outside, a line for each type and member: kind, name with parameter types, modifiers with the type; between tabs.
/// Written as in <c>akka-surface.tsv</c>, whose lines come from Akka.NET 1.5.30 and Akka.Hosting 1.5.30.1.
/// </summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    internal static IEnumerable<string> Of(Assembly assembly) => assembly.GetExportedTypes().SelectMany(Lines);

    private static IEnumerable<string> Lines(Type type)
    {
        var name = Name(type);
        yield return $"type\t{name}\t{Kind(type)}";
        foreach (var ctor in type.GetConstructors(Declared).Where(c => !c.IsStatic && IsVisible(c)))
        {
            yield return $"ctor\t{name}({Parameters(ctor)})\t{Access(ctor)}";
        }

        foreach (var method in type.GetMethods(Declared).Where(m => IsVisible(m) && (!m.IsSpecialName || m.Name.StartsWith("op_"))))
        {
            var generic = method.IsGenericMethod ? $"<{string.Join(",", method.GetGenericArguments().Select(a => a.Name))}>" : "";
            var modifiers = method.IsStatic ? " static" : method.IsAbstract ? " abstract" : method is { IsVirtual: true, IsFinal: false } ? " virtual" : "";
            yield return $"method\t{name}.{method.Name}{generic}({Parameters(method)})\t{Access(method)}{modifiers} {Name(method.ReturnType)}";
        }

        foreach (var property in type.GetProperties(Declared))
        {
            var get = property.GetMethod is { } g && IsVisible(g) ? "get; " : "";
            var set = property.SetMethod is { } s && IsVisible(s) ? "set; " : "";
            if (get + set != "")
            {
                yield return $"property\t{name}.{property.Name}\t{Name(property.PropertyType)} {{ {get}{set}}}";
            }
        }

        foreach (var field in type.GetFields(Declared).Where(f => !f.IsSpecialName && (f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly)))
        {
            yield return $"field\t{name}.{field.Name}\t{(field.IsStatic ? "static " : "")}{Name(field.FieldType)}";
        }

        foreach (var @event in type.GetEvents(Declared).Where(e => e.AddMethod is { } add && IsVisible(add)))
        {
            yield return $"event\t{name}.{@event.Name}\t{Name(@event.EventHandlerType!)}";
        }
    }

    private static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) => method.IsPublic ? "public" : "protected";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        (p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")
        + (p.ParameterType.IsByRef ? (p.IsOut ? "out " : p.IsIn ? "in " : "ref ") + Name(p.ParameterType.GetElementType()!) : Name(p.ParameterType))
        + (p.IsOptional ? "=" : "")));

    private static string Name(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        // The arguments of a nested type begin with those of the types around it.
        var arguments = type.GetGenericArguments();
        var chain = new Stack<Type>();
        for (var each = type; each != null; each = each.DeclaringType)
        {
            chain.Push(each);
        }

        var used = 0;
        var parts = chain.Select(each =>
        {
            var own = each.GetGenericArguments().Length - used;
            var text = each.Name.Split('`')[0];
            text = own > 0 ? $"{text}<{string.Join(",", arguments.Skip(used).Take(own).Select(Name))}>" : text;
            used += own;
            return text;
        }).ToList();
        return (type.Namespace is { } space ? space + "." : "") + string.Join(".", parts);
    }
}
