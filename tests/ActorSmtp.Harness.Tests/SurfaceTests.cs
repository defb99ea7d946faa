using System.Reflection;

namespace ActorSmtp.Harness.Tests;

/// <summary>A test is compiled against the harness alone, so nothing public may name what stands behind it.</summary>
public sealed class SurfaceTests
{
    [Fact]
    public void The_public_surface_names_only_its_own_types_and_the_system_s()
    {
        var own = typeof(ActorSmtpServer).Assembly;
        var named = own.GetExportedTypes().SelectMany(t => t.GetMembers().SelectMany(TypesOf).Append(t.BaseType ?? t).Concat(t.GetInterfaces()).SelectMany(Parts).Select(n => (In: t.Name, Type: n))).ToList();
        Assert.Contains(named, n => n.Type == typeof(MailLink));
        Assert.DoesNotContain(named, n => n.Type.Assembly != own && n.Type.Namespace?.StartsWith("System", StringComparison.Ordinal) != true);
    }

    private static IEnumerable<Type> TypesOf(MemberInfo member) => member switch
    {
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(p => p.ParameterType)],
        ConstructorInfo made => made.GetParameters().Select(p => p.ParameterType),
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        EventInfo happening => [happening.EventHandlerType!],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) =>
        type.HasElementType ? Parts(type.GetElementType()!) : type.IsGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)] : type.IsGenericParameter ? [] : [type];
}
