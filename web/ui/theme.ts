import {
  ActionIcon,
  Button,
  createTheme,
  MultiSelect,
  NativeSelect,
  Textarea,
  TextInput,
  type CSSVariablesResolver,
  type MantineColorsTuple,
} from "@mantine/core";

/** The one accent colour; shade 6 carries white text, shade 3 is read on dark. */
const ink: MantineColorsTuple = [
  "#eef1fc",
  "#dbe1f6",
  "#b7c3ec",
  "#a3b4ee",
  "#6c83d6",
  "#4c66c6",
  "#3b52b8",
  "#3347a3",
  "#2b3c8b",
  "#213071",
];

/** Greys of the dark look, a little blue; from text to the deepest ground. */
const dark: MantineColorsTuple = [
  "#dfe3ea",
  "#b8bfcb",
  "#9aa2b1",
  "#747c8b",
  "#3d434f",
  "#2e333d",
  "#242932",
  "#20242c",
  "#16191f",
  "#101318",
];

/** For alerts: read on white in its darker half, on dark in its lighter. */
const warn: MantineColorsTuple = [
  "#fdf3dc",
  "#f9e4b2",
  "#f6d68a",
  "#f4c86a",
  "#f4c86a",
  "#c98a17",
  "#7d4e00",
  "#7d4e00",
  "#6b4300",
  "#573600",
];

const bad: MantineColorsTuple = [
  "#fdecea",
  "#fad4d0",
  "#fdb8b1",
  "#ff9d94",
  "#ff9d94",
  "#d0392d",
  "#b42318",
  "#b42318",
  "#96190f",
  "#79130b",
];

export const theme = createTheme({
  colors: { ink, dark, warn, bad },
  primaryColor: "ink",
  respectReducedMotion: true,
  primaryShade: { light: 6, dark: 6 },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: "var(--cs-mono)",
  fontSizes: { xs: "0.78rem", sm: "0.875rem", md: "0.94rem", lg: "1.06rem", xl: "1.2rem" },
  headings: {
    fontWeight: "640",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.3" },
      h2: { fontSize: "1.08rem", lineHeight: "1.4" },
      h3: { fontSize: "0.95rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle" } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "sm" } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: "sm" } }),
    MultiSelect: MultiSelect.extend({ defaultProps: { size: "sm" } }),
  },
});

/** Mantine's own colours where ours read better: its greys are too light for small text. */
export const colourVariables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-dimmed": "var(--cs-dimmed)",
    "--mantine-color-placeholder": "var(--cs-dimmed)",
    "--mantine-color-error": "var(--cs-bad)",
    "--mantine-color-anchor": "var(--cs-link)",
  };
  return {
    variables: {},
    light: shared,
    dark: { ...shared, "--mantine-color-body": "#16191f", "--mantine-color-text": "#dfe3ea" },
  };
};
