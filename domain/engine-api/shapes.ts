/**
 * Names of the members that the engine's own structures have (moby/moby api/types, versions 1.24 to 1.55),
 * spelled exactly. The engine takes a name that differs in case for the same one; we do not.
 */
export type Shape = {
  readonly members: ReadonlySet<string>;
  /** Members whose value is itself a structure, or a list of structures, that matters here. */
  readonly inner: ReadonlyMap<string, Shape>;
};

function shape(names: string, inner: Readonly<Record<string, Shape>> = {}): Shape {
  return { members: new Set(names.split(/\s+/)), inner: new Map(Object.entries(inner)) };
}

const mount = shape(
  `Type Source Target ReadOnly Consistency BindOptions VolumeOptions TmpfsOptions ImageOptions
   ClusterOptions`,
  {
    BindOptions: shape(
      "Propagation NonRecursive CreateMountpoint ReadOnlyNonRecursive ReadOnlyForceRecursive",
    ),
    VolumeOptions: shape("NoCopy Labels Subpath DriverConfig", {
      DriverConfig: shape("Name Options"),
    }),
    TmpfsOptions: shape("SizeBytes Mode Options"),
    ImageOptions: shape("Subpath"),
  },
);

const resources = `CpuShares Memory NanoCpus CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps
   BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpuRealtimePeriod
   CpuRealtimeRuntime CpusetCpus CpusetMems Devices DeviceCgroupRules DeviceRequests KernelMemory
   KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness OomKillDisable PidsLimit Ulimits CpuCount
   CpuPercent IOMaximumIOps IOMaximumBandwidth`;

const restartPolicy = shape("Name MaximumRetryCount");

export const hostConfig = shape(
  `Binds ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove VolumeDriver
   VolumesFrom ConsoleSize Annotations CapAdd CapDrop Capabilities CgroupnsMode Dns DnsOptions DnsSearch
   ExtraHosts GroupAdd IpcMode Cgroup Links OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs
   SecurityOpt StorageOpt Tmpfs UTSMode UsernsMode ShmSize Sysctls Runtime Isolation ${resources} Mounts
   MaskedPaths ReadonlyPaths Init`,
  { Mounts: mount },
);

export const containerUpdate = shape(`${resources} RestartPolicy`, {
  RestartPolicy: restartPolicy,
});

export const containerCreate = shape(
  `Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce
   Env Cmd Healthcheck ArgsEscaped Image Volumes WorkingDir Entrypoint NetworkDisabled MacAddress OnBuild
   Labels StopSignal StopTimeout Shell HostConfig NetworkingConfig`,
  {
    HostConfig: hostConfig,
    NetworkingConfig: shape("EndpointsConfig"),
  },
);

const privileges = shape("CredentialSpec SELinuxContext Seccomp AppArmor NoNewPrivileges");

const containerSpec = shape(
  `Image Labels Command Args Hostname Env Dir User Groups Privileges Init StopSignal TTY OpenStdin ReadOnly
   Mounts StopGracePeriod Healthcheck Hosts DNSConfig Secrets Configs Isolation Sysctls CapabilityAdd
   CapabilityDrop Ulimits OomScoreAdj`,
  { Mounts: mount, Privileges: privileges },
);

export const serviceSpec = shape(
  "Name Labels TaskTemplate Mode UpdateConfig RollbackConfig Networks EndpointSpec",
  {
    TaskTemplate: shape(
      `ContainerSpec PluginSpec NetworkAttachmentSpec Resources RestartPolicy Placement Networks LogDriver
       ForceUpdate Runtime`,
      {
        ContainerSpec: containerSpec,
        Networks: shape("Target Aliases DriverOpts"),
      },
    ),
    Networks: shape("Target Aliases DriverOpts"),
    UpdateConfig: shape("Parallelism Delay FailureAction Monitor MaxFailureRatio Order"),
    RollbackConfig: shape("Parallelism Delay FailureAction Monitor MaxFailureRatio Order"),
  },
);

export const execCreate = shape(
  `User Privileged Tty ConsoleSize AttachStdin AttachStderr AttachStdout Detach DetachKeys Env WorkingDir
   Cmd`,
);

export const volumeCreate = shape("Name Driver DriverOpts Labels ClusterVolumeSpec");

export const networkCreate = shape(
  `Name CheckDuplicate Driver Scope EnableIPv4 EnableIPv6 IPAM Internal Attachable Ingress ConfigOnly
   ConfigFrom Options Labels`,
);
