import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import type { ReactNode } from "react";

type Props = PasswordInputProps & { readonly label: string };

/** A password, with a button that shows it; says that it is invalid also to those who do not see the colour. */
export function PasswordField(props: Props): ReactNode {
  const isInvalid = props.error !== undefined && props.error !== null && props.error !== false;
  return (
    <PasswordInput
      visibilityToggleButtonProps={{ "aria-label": `Show: ${props.label}` }}
      {...(isInvalid ? { "aria-invalid": true } : {})}
      {...props}
    />
  );
}
