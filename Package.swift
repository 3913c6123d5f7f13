// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "vpnagent",
  products: [
    .executable(name: "vpnagent", targets: ["vpnagent"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CNetlink",
      path: "CShims/netlink",
      pkgConfig: "libmnl libnl-3.0 libnl-xfrm-3.0",
      providers: [.apt(["libmnl-dev", "libnl-3-dev", "libnl-xfrm-3-dev"])]
    ),
    .systemLibrary(
      name: "CSystemd",
      path: "CShims/systemd",
      pkgConfig: "libsystemd",
      providers: [.apt(["libsystemd-dev"])]
    ),
    .systemLibrary(
      name: "CMicrohttpd",
      path: "CShims/microhttpd",
      pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"])]
    ),
    .target(
      name: "CShims",
      dependencies: ["CNetlink", "CSystemd", "CMicrohttpd"],
      path: "CShims/shims",
      cSettings: [.unsafeFlags(["-std=gnu11", "-Wall", "-Wextra", "-Werror"])]
    ),
    .target(
      name: "TunnelCore",
      dependencies: [.product(name: "Collections", package: "swift-collections")],
      swiftSettings: strict
    ),
    .target(
      name: "AgentConfig",
      dependencies: [
        "TunnelCore", .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: strict
    ),
    .target(name: "Doctor", dependencies: ["TunnelCore"], swiftSettings: strict),
    .target(
      name: "LinuxEdge",
      dependencies: ["Doctor", "TunnelCore", "CShims"],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "vpnagent",
      dependencies: [
        "LinuxEdge", "AgentConfig", "Doctor", "TunnelCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(
      name: "CoreBench", dependencies: ["TunnelCore"], path: "Tests/Bench/CoreBench",
      swiftSettings: strict, linkerSettings: [.linkedLibrary("m")]),
    .executableTarget(
      name: "LoopBench", dependencies: ["LinuxEdge", "TunnelCore"], path: "Tests/Bench/LoopBench",
      swiftSettings: strict),
    .testTarget(
      name: "TunnelCoreTests", dependencies: ["TunnelCore"], swiftSettings: strict),
    .testTarget(
      name: "DoctorTests", dependencies: ["Doctor", "TunnelCore"], swiftSettings: strict),
    .testTarget(
      name: "AgentConfigTests", dependencies: ["AgentConfig", "TunnelCore"], swiftSettings: strict),
    .testTarget(
      name: "LinuxEdgeTests", dependencies: ["LinuxEdge", "Doctor", "CShims", "TunnelCore"],
      exclude: ["Doctor/doctor.json"], swiftSettings: strict),
    .testTarget(
      name: "VPNAgentTests",
      dependencies: [
        "vpnagent", "LinuxEdge", "CShims", "TunnelCore",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["Agents", "Files", "Golden"], swiftSettings: strict),
  ]
)
