//! What `plimsoll.toml` may say: the one table that the parser, the JSON schema and the
//! reference are made of.

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What stands under it.
    pub shape: Shape,
    /// Whether its table is useless without it.
    pub required: bool,
    /// What it means: a sentence or two, as Markdown.
    pub doc: &'static str,
    /// What counts when it is absent, as Markdown; empty where that needs no words.
    pub default: &'static str,
    /// How it is written, as a line of TOML; empty for tables.
    pub example: &'static str,
}

/// What stands under a key.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A table with these keys.
    Table(&'static [Key]),
    /// An array of tables with these keys.
    Tables(&'static [Key]),
    /// A table whose keys are names of rules, with these keys under each.
    ByRule(&'static [Key]),
    /// One of these words, each with its meaning.
    Word(&'static [(&'static str, &'static str)]),
    /// A list of names of rules.
    RuleNames,
    /// A list of patterns over paths.
    Patterns,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
    /// A version of Kubernetes.
    KubeVersion,
    /// A TCP port, or 0 for none.
    Port,
    /// Nothing yet: why.
    Reserved(&'static str),
}

const STRICTNESSES: Shape = Shape::Word(&[
    ("default", "wrong, dangerous or wasteful beyond argument"),
    ("pedantic", "and good practice that reasonable teams skip"),
    ("auditor", "and policy that an organisation must choose"),
]);

const SEVERITIES: Shape = Shape::Word(&[
    ("error", "does not work, or is dangerous as it stands"),
    ("warning", "will hurt at some time"),
    ("note", "worth knowing"),
]);

const RULE: &[Key] = &[
    Key {
        name: "severity",
        shape: SEVERITIES,
        required: false,
        doc: "How bad every finding of the rule is.",
        default: "what the finding says",
        example: "severity = \"error\"",
    },
    Key {
        name: "level",
        shape: Shape::Word(&[
            ("off", "never"),
            ("default", "in every review"),
            ("pedantic", "in pedantic reviews and stricter ones"),
            ("auditor", "in auditor reviews"),
        ]),
        required: false,
        doc: "From when on the rule speaks. A finding that is more demanding than its rule stays \
              so.",
        default: "the rule's own strictness",
        example: "level = \"off\"",
    },
];

const OVERRIDE: &[Key] = &[
    Key {
        name: "paths",
        shape: Shape::Patterns,
        required: true,
        doc: "The files that the override is about.",
        default: "",
        example: "paths = [\"examples/\", \"*.dev.yaml\"]",
    },
    Key {
        name: "strictness",
        shape: STRICTNESSES,
        required: false,
        doc: "How demanding the review of these files is, whatever it is elsewhere.",
        default: "that of the review",
        example: "strictness = \"pedantic\"",
    },
    Key {
        name: "ignore",
        shape: Shape::RuleNames,
        required: false,
        doc: "Rules that report nothing in these files.",
        default: "none",
        example: "ignore = [\"missing-healthcheck\"]",
    },
    Key {
        name: "rules",
        shape: Shape::ByRule(RULE),
        required: false,
        doc: "What is wanted of single rules in these files; the same keys as `[rules.NAME]`.",
        default: "",
        example: "rules.single-replica.severity = \"note\"",
    },
];

const CHECK: &[Key] = &[
    Key {
        name: "strictness",
        shape: STRICTNESSES,
        required: false,
        doc: "How demanding a review is. `--strictness` overrides it.",
        default: "`\"default\"`",
        example: "strictness = \"pedantic\"",
    },
    Key {
        name: "fail-on",
        shape: Shape::Word(&[
            ("error", "only errors"),
            ("warning", "errors and warnings"),
            ("note", "every finding"),
            ("never", "nothing"),
        ]),
        required: false,
        doc: "The least severity of a finding that makes the exit code 1. `--fail-on` overrides \
              it.",
        default: "`\"warning\"`",
        example: "fail-on = \"error\"",
    },
    Key {
        name: "kube-version",
        shape: Shape::KubeVersion,
        required: false,
        doc: "The version of Kubernetes that manifests are for. `--kube-version` overrides it.",
        default: "the newest that is known",
        example: "kube-version = \"1.34\"",
    },
    Key {
        name: "select",
        shape: Shape::RuleNames,
        required: false,
        doc: "Run only these rules, whatever their strictness. `--select` overrides it.",
        default: "every rule that the strictness lets speak",
        example: "select = [\"secret-in-image\", \"DL3006\"]",
    },
    Key {
        name: "ignore",
        shape: Shape::RuleNames,
        required: false,
        doc: "Rules that do not run. `--ignore` overrides it, and a rule that `--select` names \
              runs all the same.",
        default: "none",
        example: "ignore = [\"missing-healthcheck\"]",
    },
    Key {
        name: "override",
        shape: Shape::Tables(OVERRIDE),
        required: false,
        doc: "Other wishes for a part of the tree. Where several overrides cover a file, what \
              the last of them says counts.",
        default: "",
        example: "",
    },
];

const IMAGE: &[Key] = &[
    Key {
        name: "name",
        shape: Shape::Text,
        required: true,
        doc: "The image's name as manifests and Compose files write it, without tag.",
        default: "",
        example: "name = \"registry.example.com/shop/cart\"",
    },
    Key {
        name: "dockerfile",
        shape: Shape::Text,
        required: true,
        doc: "The Dockerfile that it is built from, relative to the folder of `plimsoll.toml`.",
        default: "",
        example: "dockerfile = \"services/cart/Dockerfile\"",
    },
    Key {
        name: "stage",
        shape: Shape::Text,
        required: false,
        doc: "The stage that is built.",
        default: "the last stage",
        example: "stage = \"runtime\"",
    },
];

const WORLD: &[Key] = &[
    Key {
        name: "name",
        shape: Shape::Text,
        required: false,
        doc: "What the world is called; for the reader.",
        default: "",
        example: "name = \"production\"",
    },
    Key {
        name: "paths",
        shape: Shape::Patterns,
        required: true,
        doc: "The manifests that are applied together. A file that several worlds cover belongs \
              to the first of them.",
        default: "",
        example: "paths = [\"clusters/production/\"]",
    },
];

const CHART: &[Key] = &[
    Key {
        name: "folder",
        shape: Shape::Text,
        required: true,
        doc: "The folder of the chart, relative to the folder of `plimsoll.toml`.",
        default: "",
        example: "folder = \"deploy/cart\"",
    },
    Key {
        name: "name",
        shape: Shape::Text,
        required: false,
        doc: "What the set is called in findings.",
        default: "the path of the last values file",
        example: "name = \"production\"",
    },
    Key {
        name: "values",
        shape: Shape::Texts,
        required: true,
        doc: "The values files of the set, relative to the folder of `plimsoll.toml`; later ones \
              are laid over earlier ones, as with `helm -f`.",
        default: "",
        example: "values = [\"deploy/base.yaml\", \"deploy/production.yaml\"]",
    },
];

const INIT_SERVICE: &[Key] = &[
    Key {
        name: "folder",
        shape: Shape::Text,
        required: true,
        doc: "The folder of the service, relative to the folder that `plimsoll init` is given; `.` \
              for that folder itself.",
        default: "",
        example: "folder = \"services/cart\"",
    },
    Key {
        name: "name",
        shape: Shape::Text,
        required: false,
        doc: "Its name: lower-case letters, digits and `-`.",
        default: "what its manifest or folder is called",
        example: "name = \"cart\"",
    },
    Key {
        name: "start",
        shape: Shape::Texts,
        required: false,
        doc: "What starts it, word by word.",
        default: "what is found",
        example: "start = [\"node\", \"dist/server.js\"]",
    },
    Key {
        name: "port",
        shape: Shape::Port,
        required: false,
        doc: "The port that it listens on; 0 for none.",
        default: "what is found",
        example: "port = 8000",
    },
    Key {
        name: "health",
        shape: Shape::Text,
        required: false,
        doc: "The HTTP route that tells its health.",
        default: "what is found",
        example: "health = \"/healthz\"",
    },
    Key {
        name: "version",
        shape: Shape::Text,
        required: false,
        doc: "The version of its runtime.",
        default: "what is found",
        example: "version = \"3.13\"",
    },
    Key {
        name: "program",
        shape: Shape::Text,
        required: false,
        doc: "Which of several programs it is: a binary, a package, a project.",
        default: "what is found",
        example: "program = \"cmd/server\"",
    },
    Key {
        name: "migration",
        shape: Shape::Texts,
        required: false,
        doc: "What brings its database up to date, word by word.",
        default: "what is found",
        example: "migration = [\"alembic\", \"upgrade\", \"head\"]",
    },
    Key {
        name: "backing",
        shape: Shape::Texts,
        required: false,
        doc: "The backing services that it needs, all of them: `postgres`, `mysql`, `mariadb`, \
              `redis`, `memcached`, `rabbitmq`, `kafka`, `nats`, `mongodb`, `elasticsearch`, `s3`, \
              `smtp`.",
        default: "what is found",
        example: "backing = [\"postgres\", \"redis\"]",
    },
];

const INIT: &[Key] = &[
    Key {
        name: "project",
        shape: Shape::Text,
        required: false,
        doc: "The name of the whole: the Compose project and the namespace. `--project` overrides \
              it.",
        default: "the name of the service, or of the folder where there are several",
        example: "project = \"shop\"",
    },
    Key {
        name: "registry",
        shape: Shape::Text,
        required: false,
        doc: "What stands before the names of images. `--registry` overrides it.",
        default: "a placeholder",
        example: "registry = \"ghcr.io/example\"",
    },
    Key {
        name: "tag",
        shape: Shape::Text,
        required: false,
        doc: "The tag of images. `--tag` overrides it.",
        default: "a placeholder",
        example: "tag = \"1.4.0\"",
    },
    Key {
        name: "host",
        shape: Shape::Text,
        required: false,
        doc: "The host name that the service answers to; with several services, the domain below \
              which each has its name. `--host` overrides it.",
        default: "a placeholder",
        example: "host = \"shop.example.com\"",
    },
    Key {
        name: "secrets",
        shape: Shape::Word(&[
            ("plain-reference", "a Secret that is made elsewhere"),
            ("sealed", "a SealedSecret"),
            ("external", "an ExternalSecret of external-secrets"),
            ("vault", "a VaultStaticSecret of the Vault secrets operator"),
        ]),
        required: false,
        doc: "How secrets reach the cluster. `--secrets` overrides it.",
        default: "`\"plain-reference\"`",
        example: "secrets = \"external\"",
    },
    Key {
        name: "manifests",
        shape: Shape::Word(&[
            ("plain", "files of objects"),
            ("kustomize", "a Kustomize base with overlays"),
        ]),
        required: false,
        doc: "How manifests are laid out. `--kustomize` overrides it.",
        default: "`\"plain\"`",
        example: "manifests = \"kustomize\"",
    },
    Key {
        name: "service",
        shape: Shape::Tables(INIT_SERVICE),
        required: false,
        doc: "What is to be known of one service, where the tree does not say it or says it wrong.",
        default: "",
        example: "",
    },
];

const SECRETS: &[Key] = &[Key {
    name: "exclude",
    shape: Shape::Patterns,
    required: false,
    doc: "Files that are not looked through.",
    default: "none",
    example: "exclude = [\"testdata/\", \"*.golden\"]",
}];

/// The keys at the top of the file.
pub const TOP: &[Key] = &[
    Key {
        name: "check",
        shape: Shape::Table(CHECK),
        required: false,
        doc: "How `plimsoll check` reviews.",
        default: "",
        example: "",
    },
    Key {
        name: "rules",
        shape: Shape::ByRule(RULE),
        required: false,
        doc: "What is wanted of single rules. A rule is named by its id, or by the name that \
              another tool has for it.",
        default: "",
        example: "",
    },
    Key {
        name: "image",
        shape: Shape::Tables(IMAGE),
        required: false,
        doc: "Which Dockerfile an image is built from, where the files do not tell. It comes \
              before all other evidence.",
        default: "",
        example: "",
    },
    Key {
        name: "world",
        shape: Shape::Tables(WORLD),
        required: false,
        doc: "Manifests that are applied together and never with those of another world, where \
              overlays and folders do not tell: production and staging. Files of no world may \
              meet those of any.",
        default: "",
        example: "",
    },
    Key {
        name: "chart",
        shape: Shape::Tables(CHART),
        required: false,
        doc: "A further set of values that a Helm chart is reviewed with. Charts are reviewed with \
              their defaults, with `ci/*-values.yaml`, and with `values-*.yaml`, `values.*.yaml`, \
              `*.values.yaml` and files such as `dev-values.yaml` or `linter_values.yaml` beside \
              `values.yaml` without being told to.",
        default: "",
        example: "",
    },
    Key {
        name: "init",
        shape: Shape::Table(INIT),
        required: false,
        doc: "What `plimsoll init` cannot find in the tree.",
        default: "",
        example: "",
    },
    Key {
        name: "secrets",
        shape: Shape::Table(SECRETS),
        required: false,
        doc: "How `plimsoll secret scan` looks.",
        default: "",
        example: "",
    },
];

impl Shape {
    /// What is expected under the key, for messages.
    pub const fn expected(&self) -> &'static str {
        match self {
            Self::Table(_) | Self::ByRule(_) => "a table",
            Self::Tables(_) => "an array of tables",
            Self::Word(_) | Self::Text | Self::KubeVersion => "a string",
            Self::RuleNames | Self::Patterns | Self::Texts => "an array of strings",
            Self::Port => "an integer from 0 to 65535",
            Self::Reserved(_) => "nothing",
        }
    }
}
