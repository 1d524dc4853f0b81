import type { ReactNode } from "react";
import { useLocation } from "react-router";
import { splitImagePath } from "../../data/image-links.ts";
import { RepositoryPage } from "./repository-page.tsx";
import { TagPage } from "./tag-page.tsx";

/** `/images/acme/web` and `/images/acme/web/tags/1`: names contain slashes, so the page reads its own address. */
export function ImageRoute(): ReactNode {
  const { pathname } = useLocation();
  const { repository, tag } = splitImagePath(decoded(pathname.slice("/images/".length)));
  return tag === undefined ? (
    <RepositoryPage repository={repository} />
  ) : (
    <TagPage repository={repository} tag={tag} />
  );
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // a stray percent sign: no repository has one, and the page will say so
  }
}
