import type { Options } from "#domain/kernel";
import type { ImageSource } from "#services/publisher";
import { archivedImages, archivedSource, chooseArchived } from "./docker-archive.ts";
import { engineSource } from "./engine-archive.ts";
import { malformed } from "./errors.ts";
import { archiveFiles, folderFiles } from "./image-files.ts";
import { layoutImages, layoutSource } from "./oci-layout.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { plainArchive, type ArchiveInput } from "./set-aside.ts";
import { createWorkFolder, type WorkFolder } from "./work-folder.ts";

/** Which image of which place, and how it is kept there. */
export type ImageInput =
  | { readonly kind: "oci-folder"; readonly path: string; readonly name?: string }
  | { readonly kind: "oci-archive"; readonly from: ArchiveInput; readonly name?: string }
  | { readonly kind: "docker-archive"; readonly from: ArchiveInput; readonly name?: string }
  /** What `GET /images/NAME/get` of a Docker engine gives. */
  | { readonly kind: "engine-archive"; readonly from: ArchiveInput };

export type OpenOptions = Options & {
  /** For what must be put aside; default the system's. */
  readonly temporary?: string | undefined;
  readonly limits?: Partial<Limits>;
  /** Told, while an archive is put aside, how many of its bytes are. */
  readonly onRead?: (bytes: number) => void;
};

/** An image that can be read until it is disposed of. */
export type OpenImage = AsyncDisposable & { readonly source: ImageSource };

/**
 * Opens an image to read it. What cannot be read where it is (streams, packed archives, layers that are not
 * compressed) is put aside in a folder that goes when the image is disposed of. Throws an `ImagesError`.
 */
export async function openImage(input: ImageInput, options: OpenOptions): Promise<OpenImage> {
  const limits = { ...defaultLimits, ...options.limits };
  const o = { signal: options.signal };
  const work = await createWorkFolder(options.temporary);
  try {
    const source = await sourceOf(input, { work, limits, onRead: options.onRead }, o);
    return { source, [Symbol.asyncDispose]: () => work[Symbol.asyncDispose]() };
  } catch (error) {
    await work[Symbol.asyncDispose]();
    throw error;
  }
}

async function sourceOf(
  input: ImageInput,
  place: {
    readonly work: WorkFolder;
    readonly limits: Limits;
    readonly onRead: OpenOptions["onRead"];
  },
  o: Options,
): Promise<ImageSource> {
  const { limits } = place;
  const files =
    input.kind === "oci-folder"
      ? folderFiles(input.path)
      : await archiveFiles(await plainArchive(input.from, place, o), limits, o);
  switch (input.kind) {
    case "oci-folder":
    case "oci-archive": {
      const images = await layoutImages(files, limits, o);
      if (images === undefined) throw malformed("this is no OCI layout");
      return layoutSource(files, images, input.name);
    }
    case "docker-archive": {
      const images = await archivedImages(files, limits, o);
      if (images === undefined) throw malformed("this is no archive of docker save");
      return await archivedSource(files, chooseArchived(images, input.name), place, o);
    }
    case "engine-archive":
      return await engineSource(files, place, o);
  }
}
