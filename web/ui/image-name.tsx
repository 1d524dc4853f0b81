import { shortenDigests } from "#contracts";
import type { ReactNode } from "react";
import { Link } from "react-router";

type Props = { readonly image: string; readonly to?: string | undefined };

/** An image as it was written, its digest shortened; a link where it has a page here. */
export function ImageName({ image, to }: Props): ReactNode {
  const name = <code title={image}>{shortenDigests(image)}</code>;
  return to === undefined ? name : <Link to={to}>{name}</Link>;
}
