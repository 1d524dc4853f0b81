import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./ui/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { z } from "zod";
import { App } from "./app/app.tsx";

// The page's security policy forbids making code from text, which zod would otherwise try for speed.
z.config({ jitless: true });

const root = document.getElementById("root");
if (root === null) throw new TypeError("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
