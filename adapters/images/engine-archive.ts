import type { Options } from "#domain/kernel";
import {
  isManifestMediaType,
  maxManifestBytes,
  OciError,
  parseManifest,
  requiredBy,
  type Descriptor,
  type Manifest,
} from "#domain/oci";
import type { ImageSource } from "#services/publisher";
import { archivedImages, archivedSource, chooseArchived } from "./docker-archive.ts";
import { ImagesError, malformed } from "./errors.ts";
import { allOf, type ImageFiles } from "./image-files.ts";
import type { Limits } from "./limits.ts";
import { blobName, layoutImages, layoutSource, type LayoutImage } from "./oci-layout.ts";
import type { WorkFolder } from "./work-folder.ts";

/**
 * The image that an engine gives. One that keeps images as a registry does (the containerd image store) gives the
 * image itself, which then keeps its digest; of an image for several platforms of which it has one, that one. Others
 * give unpacked layers, which are compressed anew.
 */
export async function engineSource(
  files: ImageFiles,
  place: { readonly work: WorkFolder; readonly limits: Limits },
  o: Options,
): Promise<ImageSource> {
  const { limits } = place;
  const [image, ...others] = (await layoutImages(files, limits, o)) ?? [];
  if (image !== undefined && others.every(({ digest }) => digest === image.digest)) {
    const ready = await pushable(files, image, o);
    if (ready !== undefined) return layoutSource(files, [ready], undefined);
  }
  const images = await archivedImages(files, limits, o);
  if (images === undefined) throw malformed("the engine gives no image");
  return await archivedSource(files, chooseArchived(images, undefined), place, o);
}

/** The image, or its only platform that is there; undefined where layers are not compressed. */
async function pushable(
  files: ImageFiles,
  image: LayoutImage,
  o: Options,
): Promise<LayoutImage | undefined> {
  const whole = await look(files, image, o);
  if (whole === undefined) return undefined;
  if (whole.isWhole) return whole.isCompressed ? image : undefined;
  const there: LayoutImage[] = [];
  for (const child of whole.children.filter(isForMachines)) {
    const { digest, mediaType, size: bytes } = child;
    const one = { digest, mediaType, bytes, name: undefined };
    const seen = await look(files, one, o);
    if (seen?.isWhole === true && seen.isCompressed) there.push(one);
  }
  if (there.length > 1)
    throw new ImagesError(
      "images/ambiguous",
      "the engine has several platforms of the image, but not all of them",
    );
  return there[0];
}

type Look = {
  readonly isWhole: boolean;
  readonly isCompressed: boolean;
  readonly children: readonly Descriptor[];
};

/** What a manifest needs and has. Undefined where it is not there itself. */
async function look(files: ImageFiles, image: LayoutImage, o: Options): Promise<Look | undefined> {
  const manifest = await manifestOf(files, image, o);
  if (manifest === undefined) return undefined;
  let isWhole = true;
  let isCompressed = true;
  for (const each of requiredBy(manifest)) {
    const content = await files.find(blobName(each.digest), o);
    if (content === undefined) isWhole = false;
    else if (manifest.kind === "index") {
      const { digest, mediaType, size: bytes } = each;
      const below = await look(files, { digest, mediaType, bytes, name: undefined }, o);
      isWhole &&= below?.isWhole ?? false;
      isCompressed &&= below?.isCompressed ?? false;
    } else isCompressed &&= !each.mediaType.endsWith(".tar");
  }
  return { isWhole, isCompressed, children: manifest.kind === "index" ? manifest.manifests : [] };
}

async function manifestOf(
  files: ImageFiles,
  { digest, mediaType }: LayoutImage,
  o: Options,
): Promise<Manifest | undefined> {
  if (!isManifestMediaType(mediaType)) return undefined;
  const content = await files.find(blobName(digest), o);
  if (content === undefined) return undefined;
  const bytes = await allOf(content, maxManifestBytes);
  try {
    return parseManifest(bytes, mediaType);
  } catch (error) {
    if (error instanceof OciError)
      throw malformed("the engine gives a manifest that is none", error);
    throw error;
  }
}

/** Statements about an image lie beside it as if for an unknown platform. */
function isForMachines({ platform }: Descriptor): boolean {
  return platform?.os !== "unknown";
}
