import {
  ActionIcon,
  Button,
  createTheme,
  Modal,
  MultiSelect,
  NativeSelect,
  PasswordInput,
  Textarea,
  TextInput,
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

export const theme = createTheme({
  colors: { ink },
  primaryColor: "ink",
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
    Modal: Modal.extend({
      defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } },
    }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "sm" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "sm" } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: "sm" } }),
    MultiSelect: MultiSelect.extend({ defaultProps: { size: "sm" } }),
  },
});
